/** `carillon events subscribe` */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { dotSegment } from '../event/dot-segment.ts';
import { decodeProtobuf } from '../wire/protobuf.ts';
import { type Command, type ExitCode, fail, misuse, status } from './command.ts';
import { apiUrl, refusal, type Server, serverOf, unreachable } from './server.ts';

/** How often the connection is tried for life; without it a network that vanished looks like silence. */
const HEARTBEAT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A standby of Vault sends a subscriber on to the active node. */
const MAX_REDIRECTS = 10;
const MAX_REFUSAL_BYTES = 64 * 1024;

export const eventsSubscribe: Command = {
  name: 'events subscribe',
  summary: 'Print events as they happen, one a line',
  help: `Subscribe to events and print them to standard output as they come, one JSON object a line.
Everything else goes to standard error.

Usage: carillon events subscribe [options] <pattern>

  <pattern>      event type; "*" stands for any text, "/" included: kv-v2/data-write, kv*, *

Options:
  --protobuf     take binary frames and print them decoded, in the form that "events publish" reads
  -h, --help     show this

Ends with 0 when the server closes the subscription in good order, 1 when it breaks, 130 on Ctrl-C.

Examples:
  carillon events subscribe 'kv*' | jq .data.event.metadata.path
  carillon events subscribe --protobuf '*'
`,
  options: { protobuf: { type: 'boolean' } },
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
    const server = serverOf(process.env);
    if (typeof server === 'string') return fail(server);

    const protobuf = values.protobuf === true;
    const url = apiUrl(server, `sys/events/subscribe/${pattern}`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (!protobuf) url.searchParams.set('json', 'true');
    const socket = await connect(url, server, 0);
    if (typeof socket === 'string') return fail(socket);
    status(`subscribed to ${pattern} at ${server.address.origin}`);
    return print(socket, protobuf ? lineOfProtobuf : lineOfJson);
  },
};

/** Opens the WebSocket, paused until somebody listens, or says in a sentence why not. */
function connect(url: URL, server: Server, redirects: number): Promise<WebSocket | string> {
  return new Promise((resolve) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        headers: server.headers,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        perMessageDeflate: false,
      });
    } catch (error) {
      resolve(`cannot subscribe at ${url.href}: ${(error as Error).message}`);
      return;
    }
    socket.once('open', () => {
      // The first frame may have come in the packet of the 101.
      socket.pause();
      resolve(socket);
    });
    socket.once('error', (error) => resolve(unreachable(url, error)));
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const { location } = response.headers;
      // Left alone, it would be kept for a next request, and this process with it.
      const connection = response.socket;
      if (
        response.statusCode === 307 &&
        location !== undefined &&
        URL.canParse(location, url.href)
      ) {
        connection.destroy();
        resolve(
          redirects === MAX_REDIRECTS
            ? `too many redirects; the last led to ${location}`
            : connect(new URL(location, url), server, redirects + 1),
        );
        return;
      }
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < MAX_REFUSAL_BYTES) body += text;
      });
      const end = () => {
        connection.destroy();
        resolve(refusal(response.statusCode ?? 0, body));
      };
      response.once('end', end).once('error', end).once('close', end);
    });
  });
}

/** Prints what comes until the server, the reader of the output, or the user ends it. */
function print(socket: WebSocket, lineOf: (data: Buffer) => string): Promise<ExitCode> {
  return new Promise((resolve) => {
    let alive = true;
    const heartbeat = setInterval(() => {
      // While the reader of the output is slow, nothing is read of the socket, no pong either.
      if (socket.isPaused) return;
      if (!alive) return end(fail('the server does not answer any more'));
      alive = false;
      socket.ping();
    }, HEARTBEAT_MS);

    function end(exitCode: ExitCode): void {
      clearInterval(heartbeat);
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
