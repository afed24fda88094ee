/** What the journals of the hubs have at the end of a run, in their order. */

import { ROOT_TOKEN } from '../server.ts';
import { type EventReceived, receivedEvent } from '../stock-subscription.ts';

const PAGE = 1000;

/**
 * @param hubs each the path of its Vault namespace and its event-type namespace: `team-a/kv-alpha`
 * @returns the ids of each
 */
export async function readJournals(
  port: number,
  hubs: Iterable<string>,
): Promise<Map<string, readonly string[]>> {
  const journals = new Map<string, readonly string[]>();
  for (const hub of hubs) journals.set(hub, await readJournal(port, hub));
  return journals;
}

async function readJournal(port: number, hub: string): Promise<string[]> {
  const slash = hub.lastIndexOf('/');
  const namespace = hub.slice(0, slash + 1);
  const pattern = encodeURIComponent(`${hub.slice(slash + 1)}/*`);
  const ids: string[] = [];
  for (let since = 'earliest'; ; ) {
    const query = new URLSearchParams({ since, limit: String(PAGE), wait: '1s' });
    const url = `http://127.0.0.1:${port}/v1/${namespace}sys/events/subscribe/${pattern}?${query}`;
    const response = await fetch(url, {
      headers: { 'X-Vault-Token': ROOT_TOKEN, Accept: 'application/x-ndjson' },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
    const page = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => receivedEvent((JSON.parse(line) as { data: EventReceived }).data).id);
    ids.push(...page);
    const last = page.at(-1);
    if (last === undefined) return ids;
    since = last;
  }
}
