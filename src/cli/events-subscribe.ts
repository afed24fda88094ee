/** `carillon events subscribe` */
import type WebSocket from 'ws';
import { dotSegment } from '../lib/dot-segment.ts';
import { parseDuration } from '../lib/duration.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeProtobuf } from '../wire/protobuf.ts';
import type { Values } from './arguments.ts';
import { type Command, type ExitCode, fail, misuse, status } from './command.ts';
import { printResuming } from './resuming-subscription.ts';
import { apiUrl, SERVER_HELP, SERVER_OPTIONS, serverOf } from './server.ts';
import { openSocket } from './subscription-socket.ts';

/** How often the connection is tried for life; without it a network that vanished looks like silence. */
const HEARTBEAT_MS = 30_000;

/** What a timer of Node can count: 2^31 milliseconds. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

export const eventsSubscribe: Command = {
  name: 'events subscribe',
  summary: 'Print events as they happen, one a line',
  help: `Subscribe to events and print them to standard output as they come, one JSON object a line.
Everything else goes to standard error.

Usage: carillon events subscribe [options] <pattern>

  <pattern>                event type; "*" stands for any text, "/" included: kv-v2/data-write, kv*, *

Options:
  --filter <expression>    only events for which it is true, in the language of Vault's filters
  --namespaces <pattern>   also events of the namespaces below that match; may be repeated
  --protobuf               take binary frames and print them decoded, in the form that
                           "events publish" reads
  --since <place>          begin with what was published before: after the event with this id, at
                           this time (2026-11-22T12:00:00Z), or "earliest"
  --follow                 go on when the connection breaks or the server restarts, from where it
                           was: no event is missing or comes twice
  --timeout <duration>     end after so long: 90s, 1h30m
${SERVER_HELP}
  -h, --help               show this

Ends with 0 when the server closes the subscription in good order or the time is over, 1 when it
breaks, 130 on Ctrl-C. --since and --follow need a Carillon server; where events may be missing
nevertheless, standard error says so.

Examples:
  carillon events subscribe 'kv*' | jq .data.event.metadata.path
  carillon events subscribe --filter 'data_path matches "^secret/data/team-"' 'kv*'
  carillon events subscribe --namespaces '*' --protobuf '*'
  carillon events subscribe --follow --since earliest '*' >> events.jsonl
`,
  options: {
    ...SERVER_OPTIONS,
    filter: { type: 'string' },
    namespaces: { type: 'string', multiple: true },
    protobuf: { type: 'boolean' },
    since: { type: 'string' },
    follow: { type: 'boolean' },
    timeout: { type: 'string' },
  },
  async run(values, positionals): Promise<ExitCode> {
    const [pattern, ...rest] = positionals;
    if (pattern === undefined || pattern.trim() === '') {
      return misuse('the pattern of event types is missing', 'events subscribe');
    }
    if (rest.length > 0) {
      return misuse(
        `one pattern is enough, ${positionals.length} were given (quote "*")`,
        'events subscribe',
      );
    }
    // A URL would fold it and lead elsewhere.
    if (dotSegment(pattern) !== undefined) {
      return misuse(
        `the pattern ${JSON.stringify(pattern)} has a "." or ".." segment`,
        'events subscribe',
      );
    }
    const timeoutMs = timeoutOf(values);
    if (!timeoutMs.ok) return misuse(timeoutMs.failure.message, 'events subscribe');
    const server = serverOf(values);
    if (typeof server === 'string') return fail(server);
    // Vault knows neither.
    if (values.follow === true || values.since !== undefined) {
      return printResuming(pattern, values, server, timeoutMs.value);
    }

    const protobuf = values.protobuf === true;
    const url = apiUrl(server, `sys/events/subscribe/${pattern}`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = queryOf(values, protobuf);
    const opened = await openSocket(url, server.headers);
    if ('message' in opened) return fail(opened.message);
    status(`subscribed to ${pattern} at ${server.address.origin}`);
    if (opened.warning !== undefined) status(`warning: ${opened.warning}`);
    return print(opened.socket, protobuf ? lineOfProtobuf : lineOfJson, timeoutMs.value);
  },
};

/** Undefined where there is none. */
function timeoutOf({ timeout }: Values): Result<number | undefined> {
  if (typeof timeout !== 'string') return ok(undefined);
  const seconds = parseDuration(timeout, '--timeout');
  if (!seconds.ok) return seconds;
  if (seconds.value > 0 && seconds.value <= MAX_TIMEOUT_SECONDS) return ok(seconds.value * 1000);
  return invalid(`--timeout is ${quote(timeout)}; it must be from 1s to ${MAX_TIMEOUT_SECONDS}s`);
}

function queryOf({ filter, namespaces }: Values, protobuf: boolean): string {
  const query = new URLSearchParams(protobuf ? {} : { json: 'true' });
  if (typeof filter === 'string') query.set('filter', filter);
  for (const pattern of (namespaces ?? []) as string[]) query.append('namespaces', pattern);
  return query.toString();
}

/** Prints what comes until the server, the reader of the output, the user, or the time ends it. */
function print(
  socket: WebSocket,
  lineOf: (data: Buffer) => string,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  return new Promise((resolve) => {
    let alive = true;
    const timeout = timeoutMs === undefined ? undefined : setTimeout(() => end(0), timeoutMs);
    const heartbeat = setInterval(() => {
      // While the reader of the output is slow, nothing is read of the socket, no pong either.
      if (socket.isPaused) return;
      if (!alive) return end(fail('the server does not answer any more'));
      alive = false;
      socket.ping();
    }, HEARTBEAT_MS);

    function end(exitCode: ExitCode): void {
      clearInterval(heartbeat);
      clearTimeout(timeout);
      socket.removeAllListeners('close');
      socket.terminate();
      resolve(exitCode);
    }

    socket.on('pong', () => {
      alive = true;
    });
    socket.on('message', (data: Buffer) => {
      alive = true;
      let line: string;
      try {
        line = lineOf(data);
      } catch (error) {
        return end(
          fail(`the server sent a frame that cannot be read: ${(error as Error).message}`),
        );
      }
      // Frames that were read already still come after a pause.
      if (process.stdout.write(line) || socket.isPaused) return;
      socket.pause();
      process.stdout.once('drain', () => {
        alive = true;
        socket.resume();
      });
    });
    // `ws` closes after every error; the close says the rest.
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => {
      const closed = `the server closed the subscription (${code}${reason.length > 0 ? ` ${reason}` : ''})`;
      if (code === 1000) {
        status(closed);
        end(0);
      } else {
        end(fail(code === 1006 ? 'the connection broke' : closed));
      }
    });
    process.once('SIGINT', () => end(130));
    process.once('SIGTERM', () => end(130));
    socket.resume();
  });
}

function lineOfJson(frame: Buffer): string {
  const text = frame.toString();
  return text.endsWith('\n') ? text : `${text}\n`;
}

function lineOfProtobuf(frame: Buffer): string {
  return `${JSON.stringify(decodeProtobuf(frame))}\n`;
}
