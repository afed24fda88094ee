/** A subscription as a stock client has it: one connection, which ends with an exit code. */
import { Connection } from '../../client/connection.ts';
import { malformed, type StockFrame, stockDialect } from '../../client/dialects.ts';
import { describeEnd } from '../../client/end.ts';
import type { Server } from '../../client/options.ts';
import { platformRuntime } from '../../client/platform.ts';
import { ok } from '../../lib/result.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import { decodeProtobuf } from '../../wire/protobuf.ts';
import {
  type CommandResult,
  type ExitCode,
  failed,
  lostRight,
  status,
} from '../command/command.ts';
import { exitSignal } from '../command/stopping.ts';
import { orMissingNamespace } from '../server/missing-namespace.ts';
import { headersOf } from '../server/server.ts';
import { stockUrl } from '../server/stock-url.ts';
import { openSocket } from '../server/subscription-socket.ts';
import { eventOutput } from './event-output.ts';
import { isLostRight } from './lost-right.ts';
import type { SubscribeValues } from './subscribe-options.ts';

/** Prints frames until the server, the reader of the output, the user, or the timeout ends the subscription. */
export async function printStock(
  pattern: string,
  values: SubscribeValues,
  server: Server,
  timeoutMs: number | undefined,
): Promise<CommandResult<ExitCode>> {
  const output = eventOutput(values.format, server.namespace);
  const { filter, namespaces } = values;
  const json = values.protobuf !== true;
  const url = stockUrl(server, pattern, { filter, json, namespaces });
  const exit = exitSignal(timeoutMs);
  const opened = await openSocket(url, headersOf(server), { signal: exit });
  if (exit.aborted) {
    if (opened.ok) opened.value.socket.terminate();
    return ok(exit.reason as ExitCode);
  }
  if (!opened.ok) return failed(orMissingNamespace(server.namespace, opened.failure.message));
  const { socket, warning } = opened.value;
  status(`subscribed to ${pattern} at ${server.url.origin}`);
  if (warning !== undefined) status(`warning: ${warning}`);

  const lineOf = json ? lineOfText : lineOfBytes;
  const dialect = stockDialect((frame) => {
    let line: string;
    try {
      line = output(lineOf(frame));
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
  exit.addEventListener('abort', () => connection.leave(''));
  connection.resume();
  const end = await connection.ended;
  if (exit.aborted) return ok(exit.reason as ExitCode);
  if (end.kind === 'malformed') {
    return failed(`the server sent a frame that cannot be read: ${end.message}`);
  }
  const { reason } = describeEnd(end);
  if (end.kind !== 'closed' || end.code !== CLOSE_CODES.normal) {
    return failed(`${reason}; with --follow, this command reconnects to a Carillon server`);
  }
  return afterNormalClose(url, server, reason, exit);
}

/**
 * A server closes normally when it stops, and when the token, its right or its namespace ends. Whether it would accept
 * the subscription again tells which.
 */
async function afterNormalClose(
  url: URL,
  server: Server,
  reason: string,
  exit: AbortSignal,
): Promise<CommandResult<ExitCode>> {
  const again = await openSocket(url, headersOf(server), { signal: exit });
  if (again.ok) again.value.socket.terminate();
  else if (isLostRight(again.failure.status)) {
    return lostRight(`${reason} and does not accept it again: ${again.failure.message}`);
  }
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
