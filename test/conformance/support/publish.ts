/** Publishing by the JSON API. */
import { randomUUID } from 'node:crypto';
import { type Answer, api } from './target.ts';

/** The members of an event that a producer may send. */
export interface EventInput {
  readonly id?: string;
  readonly time?: string;
  readonly source?: string;
  readonly event_type?: string;
  readonly namespace?: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly entity_ids?: readonly string[];
  readonly note?: string;
  readonly plugin_info?: Readonly<Record<string, string>> | null;
}

export interface Published {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ids: readonly string[];
}

/** Metadata with the keys of every catalogued event type, for events of which only the type matters. */
export const EVERY_KEY = {
  data_path: 'secret/data/conformance',
  lease_id: 'database/creds/conformance/1',
  modified: 'true',
  name: 'conformance',
  operation: 'conformance',
  path: 'secret/data/conformance',
  plugin_name: 'conformance',
} as const;

/** Sends a body as `application/json`; the event type, if any, stands in the URL. */
export function postEvents(
  eventType: string,
  body: unknown,
  method: 'POST' | 'PUT' = 'POST',
): Promise<Answer> {
  const path = eventType.split('/').map(encodeURIComponent).join('/');
  return api(`sys/events/publish${path && '/'}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Publishes events, each with its own event type, and fails where the server does not take them. */
export async function publishAll(
  events: readonly EventInput[],
  method?: 'POST' | 'PUT',
): Promise<Published> {
  const { status, body } = await postEvents('', events, method);
  if (status !== 200) throw new Error(`publish answered ${status}: ${body}`);
  return (JSON.parse(body) as { data: Published }).data;
}

/** Publishes one event that is new to the server, and returns its id. */
export async function publish(
  eventType: string,
  event: EventInput = {},
  method?: 'POST' | 'PUT',
): Promise<string> {
  const id = event.id ?? randomUUID();
  const published = await publishAll([{ ...event, id, event_type: eventType }], method);
  if (published.accepted !== 1)
    throw new Error(`event ${id} was not new: ${JSON.stringify(published)}`);
  return id;
}
