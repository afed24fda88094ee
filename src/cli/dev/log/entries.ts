/** Reads what workerd writes: the lines of the Worker's log, and what workerd says itself. Pure. */
import { isJsonObject } from '../../../lib/json.ts';
import { parseJson } from '../../../lib/text.ts';

type Members = Readonly<Record<string, unknown>>;

export interface Entry extends Members {
  readonly type:
    | 'request'
    | 'event'
    | 'webhook'
    | 'subscription'
    | 'audit'
    | 'warning'
    | 'error'
    | 'output';
}

/** Where workerd writes a line: warnings and errors go to standard error. */
export type Stream = 'stdout' | 'stderr';

/**
 * The entries of one line. The first is the request, if it is the line of one. Then follow what it did: the webhook, the
 * subscription, the events.
 */
export function entriesOf(line: string, stream: Stream): readonly [Entry, ...Entry[]] {
  const json = line.startsWith('{') ? parseJson(line) : undefined;
  const members = json?.ok && isJsonObject(json.value) ? json.value : undefined;
  if (members === undefined) return [{ type: 'output', text: line }];
  if ('request' in members) return entriesOfRequest(members);
  if ('audit' in members) {
    const { audit: action, ...rest } = members;
    return [{ type: 'audit', action, ...rest }];
  }
  if ('error' in members) return [{ type: 'error', ...members }];
  return [stream === 'stderr' ? { type: 'warning', ...members } : { type: 'output', text: line }];
}

function entriesOfRequest(members: Members): readonly [Entry, ...Entry[]] {
  const { request: path, webhook, subscription, events, ...rest } = members;
  const { time, status, refused } = members;
  const each: Entry[] = [];
  if (isJsonObject(webhook)) each.push({ type: 'webhook', time, status, refused, ...webhook });
  if (isJsonObject(subscription))
    each.push({ type: 'subscription', time, status, ...subscription });
  for (const event of Array.isArray(events) ? (events as Members[]) : []) {
    const { type: eventType, ...facts } = event;
    each.push({ type: 'event', time, event_type: eventType, ...facts });
  }
  return [{ type: 'request', path, ...rest }, ...each];
}
