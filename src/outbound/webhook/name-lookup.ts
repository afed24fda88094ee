/**
 * Looks up the addresses of a host when a webhook is written. The name may lead elsewhere later, and this is all that a Worker can
 * check: the platform connects, and its network has no private addresses.
 */
import { isJsonObject } from '../../lib/json.ts';
import { isPrivate } from '../../lib/public-url.ts';
import { decodeUtf8, parseJson, readBytes } from '../../lib/text.ts';
import { MAX_NAME_ANSWER_BYTES, NAME_LOOKUP_TIMEOUT_MS } from '../limits.ts';

/** DNS over HTTPS in JSON. */
const RESOLVER = 'https://cloudflare-dns.com/dns-query';

/** The types of the records that have an address: A and AAAA. */
const ADDRESS_TYPES = ['A', 'AAAA'] as const;
const TYPE_NUMBERS: readonly unknown[] = [1, 28];

/** Of each address, as a URL writes it. `unknown`: nobody could be asked. */
export type NameLookup = readonly string[] | 'unknown';

/** What is used of the global `fetch`. */
export type LookupFetch = (
  url: string,
  init: { readonly signal: AbortSignal; readonly headers: { readonly Accept: string } },
) => Promise<Response>;

export async function lookUpName(host: string, fetch: LookupFetch): Promise<NameLookup> {
  const signal = AbortSignal.timeout(NAME_LOOKUP_TIMEOUT_MS);
  const answers = await Promise.all(
    ADDRESS_TYPES.map((type) => query(host, type, fetch, signal).catch(() => undefined)),
  );
  return answers.some((answer) => answer === undefined)
    ? 'unknown'
    : answers.flatMap((a) => a ?? []);
}

export function privateAddressIn(addresses: readonly string[]): string | undefined {
  return addresses.find(isPrivate);
}

async function query(
  host: string,
  type: string,
  fetch: LookupFetch,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const url = `${RESOLVER}?name=${encodeURIComponent(host)}&type=${type}`;
  const response = await fetch(url, { signal, headers: { Accept: 'application/dns-json' } });
  const bytes = response.ok ? await readBytes(response.body, MAX_NAME_ANSWER_BYTES) : undefined;
  if (bytes === undefined) {
    await response.body?.cancel();
    return undefined;
  }
  const text = decodeUtf8(bytes);
  const json = text.ok ? parseJson(text.value) : text;
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const { Answer: records } = json.value;
  return (Array.isArray(records) ? (records as readonly unknown[]) : []).flatMap(addressOf);
}

function addressOf(record: unknown): string[] {
  if (!isJsonObject(record) || !TYPE_NUMBERS.includes(record.type)) return [];
  const { data } = record;
  if (typeof data !== 'string') return [];
  return [data.includes(':') ? `[${data.toLowerCase()}]` : data];
}
