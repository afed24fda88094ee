/** `carillon events subscribe` */
import { parseDuration } from '../../lib/duration.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { command, wrongUse } from '../command/command.ts';
import { checkPath } from '../server/api.ts';
import { serverOf } from '../server/server.ts';
import { MAX_SUBSCRIBE_TIMEOUT_SECONDS } from './limits.ts';
import { printResuming } from './resuming-subscription.ts';
import { sinceOf } from './since-option.ts';
import { printStock } from './stock-subscription.ts';
import { SUBSCRIBE_OPTIONS } from './subscribe-options.ts';

export const eventsSubscribe = command({
  name: 'events subscribe',
  summary: 'Print events as they happen, one a line',
  description:
    'Subscribe to events and print them to standard output: one readable line an event at a terminal, and one JSON object a line in a pipe or a file. Everything else goes to standard error.',
  arguments: [
    {
      name: 'pattern',
      help: 'event type; "*" stands for any text, "/" included: kv-v2/data-write, kv*, *',
      completes: 'event-type',
    },
  ],
  options: SUBSCRIBE_OPTIONS,
  notes:
    '--since and --follow need a Carillon server. Standard error says where events may be missing.',
  ends: 'Ends with 0 when the server stops or the timeout is over, 1 when the connection breaks or the server refuses the subscription, 4 when the token is revoked or expires, its policies no longer allow the subscription, or the namespace is deleted, 130 on Ctrl-C.',
  examples: [
    "carillon events subscribe 'kv*'",
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
  if (seconds.value > 0 && seconds.value <= MAX_SUBSCRIBE_TIMEOUT_SECONDS)
    return ok(seconds.value * 1000);
  return invalid(
    `--timeout is ${quote(timeout)}; it must be more than 0s, and at most ${MAX_SUBSCRIBE_TIMEOUT_SECONDS}s`,
  );
}
