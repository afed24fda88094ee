/** `carillon events subscribe` */
import { parseDuration } from '../../lib/duration.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { command, wrongUse } from '../command/command.ts';
import type { Options } from '../command/options.ts';
import { checkPath } from '../server/api.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { printResuming } from './resuming-subscription.ts';
import { sinceOf } from './since-option.ts';
import { printStock } from './stock-subscription.ts';

/** The longest time of a timer of Node: 2^31 milliseconds. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

export const SUBSCRIBE_OPTIONS = {
  filter: {
    type: 'string',
    value: 'expression',
    help: "only events for which it is true, in the language of Vault's filters",
  },
  namespaces: {
    type: 'string',
    value: 'pattern',
    help: 'also events of the namespaces below that match',
    multiple: true,
  },
  protobuf: {
    type: 'boolean',
    help: 'take binary frames and print them decoded, in the form that "events publish" reads',
  },
  since: {
    type: 'string',
    value: 'position',
    help: 'begin in the past: at a time (2h, "15m ago", yesterday, "2026-11-22 14:30", 2026-11-22T14:30:00Z), after the event with this id, at a cursor, or with the "earliest" event',
  },
  follow: {
    type: 'boolean',
    help: 'reconnect when the connection breaks or the server restarts, and resume: no event is missing or delivered twice',
  },
  timeout: { type: 'string', value: 'duration', help: 'end after this time: 90s, 1h30m' },
  ...SERVER_OPTIONS,
} as const satisfies Options;

export const eventsSubscribe = command({
  name: 'events subscribe',
  summary: 'Print events as they happen, one a line',
  description:
    'Subscribe to events and print them to standard output, one JSON object a line. Everything else goes to standard error.',
  arguments: [
    {
      name: 'pattern',
      help: 'event type; "*" stands for any text, "/" included: kv-v2/data-write, kv*, *',
      completes: 'event-type',
    },
  ],
  options: SUBSCRIBE_OPTIONS,
  ends: 'Ends with 0 when the server closes the subscription normally or the timeout is over, 1 when the connection breaks, 130 on Ctrl-C. --since and --follow need a Carillon server. Standard error says where events may be missing.',
  examples: [
    "carillon events subscribe 'kv*' | jq .data.event.metadata.path",
    `carillon events subscribe --filter 'data_path matches "^secret/data/team-"' 'kv*'`,
    "carillon events subscribe --namespaces '*' --protobuf '*'",
    "carillon events subscribe --follow --since earliest '*' >> events.jsonl",
  ],
  tooMany: ({ length }) => `one pattern is enough, ${length} were given (quote "*")`,
  async run(values, [pattern = '']) {
    const path = checkPath('the pattern', pattern);
    if (!path.ok) return path;
    const timeoutMs = parseTimeout(values.timeout);
    if (!timeoutMs.ok) return wrongUse(timeoutMs.failure.message);
    const since = sinceOf(values.since);
    if (!since.ok) return since;
    const server = serverOf(values);
    if (!server.ok) return server;
    // A stock server has neither option.
    const resumes = values.follow === true || values.since !== undefined;
    const print = resumes ? printResuming : printStock;
    return print(pattern, { ...values, since: since.value }, server.value, timeoutMs.value);
  },
});

/** @returns undefined if there is no timeout */
function parseTimeout(timeout: string | undefined): Result<number | undefined> {
  if (timeout === undefined) return ok(undefined);
  const seconds = parseDuration(timeout, '--timeout');
  if (!seconds.ok) return seconds;
  if (seconds.value > 0 && seconds.value <= MAX_TIMEOUT_SECONDS) return ok(seconds.value * 1000);
  return invalid(`--timeout is ${quote(timeout)}; it must be from 1s to ${MAX_TIMEOUT_SECONDS}s`);
}
