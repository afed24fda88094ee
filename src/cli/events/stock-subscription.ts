/** A subscription as a stock client has it: one connection, which ends with an exit code. */
import { Connection } from '../../client/connection.ts';
import { malformed, type StockFrame, stockDialect } from '../../client/dialects.ts';
import { describeEnd, type End } from '../../client/end.ts';
import type { Server } from '../../client/options.ts';
import { platformRuntime } from '../../client/platform.ts';
import { ok } from '../../lib/result.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { decodeProtobuf } from '../../wire/protobuf.ts';
import { type CommandResult, type ExitCode, failed, status } from '../command/command.ts';
import type { Values } from '../command/options.ts';
import { exitSignal } from '../command/stopping.ts';
import { urlWithoutNamespace } from '../server/api.ts';
import { headersOf } from '../server/server.ts';
import { openSocket } from '../server/subscription-socket.ts';

/** Prints frames until the server, the reader of the output, the user, or the timeout ends the subscription. */
export async function printStock(
  pattern: string,
  values: Values,
  server: Server,
  timeoutMs: number | undefined,
): Promise<CommandResult<ExitCode>> {
  const opened = await openSocket(stockUrl(pattern, values, server), headersOf(server));
  if (!opened.ok) return failed(opened.failure.message);
  const { socket, warning } = opened.value;
  status(`subscribed to ${pattern} at ${server.url.origin}`);
  if (warning !== undefined) status(`warning: ${warning}`);

  const lineOf = values.protobuf === true ? lineOfBytes : lineOfText;
  const dialect = stockDialect((frame) => {
    let line: string;
    try {
      line = lineOf(frame);
    } catch (error) {
      return malformed((error as Error).message);
    }
    // Frames that were read already still arrive after a pause.
    if (!process.stdout.write(line) && !connection.isPaused) {
      connection.pause();
      process.stdout.once('drain', () => connection.resume());
    }
    return undefined;
  });
  const connection: Connection = new Connection(platformRuntime(), socket, dialect);
  const exit = exitSignal(timeoutMs);
  exit.addEventListener('abort', () => connection.leave(''));
  connection.resume();
  const end = await connection.ended;
  return exit.aborted ? ok(exit.reason as ExitCode) : resultOf(end);
}

function stockUrl(pattern: string, { filter, namespaces, protobuf }: Values, server: Server): URL {
  const url = urlWithoutNamespace(server, `sys/events/subscribe/${pattern}`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (protobuf !== true) url.searchParams.set('json', 'true');
  if (typeof filter === 'string') url.searchParams.set('filter', filter);
  for (const each of (namespaces ?? []) as string[]) url.searchParams.append('namespaces', each);
  return url;
}

function resultOf(end: End): CommandResult<ExitCode> {
  if (end.kind === 'malformed') {
    return failed(`the server sent a frame that cannot be read: ${end.message}`);
  }
  const { reason } = describeEnd(end);
  if (end.kind !== 'closed' || end.code !== CLOSE_CODES.normal) return failed(reason);
  status(reason);
  return ok(0);
}

function lineOfText(frame: StockFrame): string {
  const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString();
  return text.endsWith('\n') ? text : `${text}\n`;
}

function lineOfBytes(frame: StockFrame): string {
  return protobufLine(typeof frame === 'string' ? Buffer.from(frame) : new Uint8Array(frame));
}

/** The line for a binary frame, which `events publish` reads. */
export function protobufLine(bytes: Uint8Array): string {
  return `${JSON.stringify(decodeProtobuf(bytes))}\n`;
}
