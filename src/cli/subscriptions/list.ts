/** `carillon subscriptions list` */
import type { Server } from '../../client/options.ts';
import { isJsonObject } from '../../lib/json.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, command, failed, status } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { numberOption } from '../command/number-option.ts';
import { grid, print } from '../command/output.ts';
import { type Answer, requestApi } from '../server/api.ts';
import { KEYS } from '../server/expectations.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';

export const SUBSCRIPTIONS = 'sys/events/subscriptions';

/** Subscriptions of one list. */
const DEFAULT_LIMIT = 1000;

export const subscriptionsList = command({
  name: 'subscriptions list',
  summary: 'List the open subscriptions: whose they are, and how far',
  description:
    'List the open subscriptions of the namespace, hub by hub and shard by shard: the pattern, the accessor of the token, the protocol, since when it is open, and for a carillon.v1 client how far it lags and what it has not acknowledged. Needs "list" and "sudo" on sys/events/subscriptions.',
  options: {
    hub: {
      type: 'string',
      value: 'hub',
      help: 'only those of this event-type namespace, or "*" for the wildcard hub',
    },
    limit: {
      type: 'string',
      value: 'number',
      help: 'list no more than these',
      default: String(DEFAULT_LIMIT),
    },
    after: { type: 'string', value: 'id', help: 'begin after this id' },
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  notes:
    'A stock client acknowledges nothing, so nothing shows whether it reads. Each hub that is asked wakes. An id begins with the object that has the subscription: kv-v2~weur-2 is shard 2 of the region weur.',
  examples: [
    'carillon subscriptions list --hub kv-v2',
    "carillon subscriptions list --format ndjson | jq 'select(.lag > 0)'",
  ],
  async run(values) {
    const limit = numberOption('limit', values.limit);
    if (!limit.ok) return limit;
    const server = serverOf(values);
    if (!server.ok) return server;
    const { hub, after } = values;
    const listed = await listAll(server.value, { hub, after, limit: limit.value ?? DEFAULT_LIMIT });
    if (!listed.ok) return listed;
    const { answer, next } = listed.value;
    print(answer, tableOf(answer), values);
    if (next !== undefined) status(`note: there are more; go on with --after ${next}`);
    return ok(0);
  },
});

interface Wanted {
  readonly hub: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Collects the pages in one answer. */
async function listAll(
  server: Server,
  { hub, after, limit }: Wanted,
): Promise<CommandResult<{ readonly answer: Answer; readonly next: string | undefined }>> {
  const listed: [id: string, info: unknown][] = [];
  const warnings: string[] = [];
  let next = after;
  do {
    const query = new URLSearchParams({ list: 'true' });
    if (hub !== undefined) query.set('hub', hub);
    if (next !== undefined) query.set('after', next);
    const page = await requestApi(server, SUBSCRIPTIONS, { query: String(query), expects: KEYS });
    if (!page.ok && page.failure.reason !== 'not_found') return failed(page.failure.message);
    const { keys, key_info, next: following } = page.ok ? page.value.data : { keys: [] };
    for (const id of keys as string[])
      listed.push([id, isJsonObject(key_info) ? key_info[id] : {}]);
    if (page.ok) warnings.push(...page.value.warnings);
    next = typeof following === 'string' ? following : undefined;
  } while (next !== undefined && listed.length < limit);
  if (listed.length > limit) {
    listed.length = limit;
    next = listed.at(-1)?.[0];
  }
  if (listed.length === 0 && next === undefined && warnings.length === 0) {
    return failed(
      `there are no open subscriptions${hub === undefined ? '' : ` at the hub ${quote(hub)}`}`,
    );
  }
  const data = {
    keys: listed.map(([id]) => id),
    key_info: Object.fromEntries(listed),
    ...(next !== undefined && { next }),
  };
  const body = { data, warnings: warnings.length > 0 ? warnings : null };
  return ok({ answer: { data, auth: undefined, warnings, body }, next });
}

function tableOf({ data }: Answer): string {
  const info = data.key_info as Record<string, Readonly<Record<string, unknown>>>;
  const rows = (data.keys as string[]).map((id) => {
    const { event_type, accessor, opened_at, lag, unacknowledged_events, filter, ...rest } =
      info[id] ?? {};
    const client = rest.stream === true ? 'stream' : `${rest.protocol} ${rest.encoding}`;
    const texts = [event_type, accessor, client, opened_at, lag, unacknowledged_events, filter];
    return [id, ...texts.map((text) => String(text ?? ''))];
  });
  return grid(
    ['Id', 'Event type', 'Accessor', 'Client', 'Open since', 'Lag', 'Unacked', 'Filter'],
    rows,
  );
}
