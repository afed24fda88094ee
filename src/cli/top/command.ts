/** `carillon top` */
import type { Server } from '../../client/options.ts';
import { secondsOf } from '../../lib/duration.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { type CommandResult, command, failed, interrupted, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS, formatted } from '../command/format.ts';
import { grid } from '../command/output.ts';
import { exitSignal, pause } from '../command/stopping.ts';
import { clock } from '../command/style.ts';
import { MAX_TOP_INTERVAL_SECONDS } from '../limits.ts';
import { refusalMessage, urlWithoutNamespace } from '../server/api.ts';
import { exchange } from '../server/exchange.ts';
import { headersOf, SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { type HubRow, hubRows, SORTS, type Sort } from './hub-rows.ts';

/** Moves to the first line of a terminal, and clears what is below. */
const CLEAR = '\x1b[H\x1b[J';

/** Lines beside the rows: two above the table, and its heading. */
const OTHER_LINES = 5;

export const top = command({
  name: 'top',
  summary: 'Show the busiest hubs, at a terminal again and again',
  description:
    'Show the hubs of the namespace and of those below, each with its shards, the busiest first: sockets, rates, the time of a commit, lag, refusals. The values are those of sys/metrics, where each hub reports at most once a minute while it is awake; the last column says how old they are. At a terminal they are shown again and again, elsewhere once. Needs "read" on sys/metrics.',
  options: {
    sort: {
      type: 'string',
      value: 'column',
      help: `which hubs are first: ${SORTS.join(', ')}`,
      choices: SORTS,
      default: 'deliveries',
    },
    interval: {
      type: 'string',
      value: 'duration',
      help: 'how often they are shown again',
      default: '5s',
    },
    once: { type: 'boolean', help: 'show them once' },
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  examples: ['carillon top --sort lag', 'carillon top --once --format json | jq .hubs'],
  async run(values) {
    const interval = secondsOf(values.interval);
    if (interval === undefined) {
      return wrongUse(`--interval is ${quote(values.interval)}; it must be a duration such as 5s`);
    }
    if (interval < 1 || interval > MAX_TOP_INTERVAL_SECONDS) {
      return wrongUse(
        `--interval is ${quote(values.interval)}; it must be from 1s to ${MAX_TOP_INTERVAL_SECONDS / 3600}h`,
      );
    }
    const server = serverOf(values);
    if (!server.ok) return server;
    const { format, sort } = values;
    const isLive = format === 'table' && values.once !== true && process.stdout.isTTY === true;
    const signal = exitSignal(undefined);
    for (;;) {
      const rows = await readRows(server.value, sort as Sort);
      if (signal.aborted) return interrupted();
      if (!rows.ok) return rows;
      if (!isLive) {
        process.stdout.write(
          format === 'table'
            ? tableOf(rows.value)
            : formatted({ hubs: rows.value }, format, rows.value),
        );
        return ok(0);
      }
      const shown = rows.value.slice(0, Math.max(1, (process.stdout.rows || 24) - OTHER_LINES));
      const heading = `${server.value.url.origin}  ${clock(Date.now())}  ${rows.value.length} hubs, by ${sort}  (Ctrl-C ends)`;
      process.stdout.write(`${CLEAR}${heading}\n\n${tableOf(shown)}`);
      await pause(interval * 1000, signal);
    }
  },
});

async function readRows(server: Server, sort: Sort): Promise<CommandResult<HubRow[]>> {
  const answered = await exchange(urlWithoutNamespace(server, 'sys/metrics'), {
    headers: { ...headersOf(server), Accept: 'application/json' },
  });
  if (!answered.ok) return failed(answered.failure.message);
  const { response, text } = answered.value;
  if (!response.ok) {
    const right = response.status === 403 ? '; the token needs "read" on sys/metrics' : '';
    return failed(`${refusalMessage(response.status, text)}${right}`);
  }
  const json = parseJson(text);
  const rows = json.ok ? hubRows(json.value, sort) : undefined;
  return rows === undefined
    ? failed(`${server.url.origin} answered without metrics; is it the address of the server?`)
    : ok(rows);
}

function tableOf(rows: readonly HubRow[]): string {
  return grid(
    [
      'Hub',
      'Namespace',
      'Sockets',
      'Events/s',
      'Deliveries/s',
      'Commit ms',
      'Lagging',
      'Feed lag',
      'Region lag',
      'Queue',
      'Retained',
      'Refused',
      'Age s',
    ],
    rows.map((row) => [
      row.hub,
      row.namespace,
      String(row.sockets),
      row.accepted_per_second.toFixed(1),
      row.deliveries_per_second.toFixed(1),
      row.commit_ms.toFixed(1),
      String(row.lagging),
      String(row.feed_lag),
      String(row.region_lag),
      String(row.queue_peak),
      String(row.journal_events),
      String(row.refused),
      row.report_age_seconds.toFixed(0),
    ]),
  );
}
