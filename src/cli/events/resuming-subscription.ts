/** A subscription that begins in the past, or reconnects: the client of `src/client`. */
import { once } from 'node:events';
import { CarillonError, type Subscription } from '../../client/index.ts';
import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { encodeJson, eventOfFrame, type FrameJson } from '../../wire/json.ts';
import { encodeProtobuf } from '../../wire/protobuf.ts';
import {
  type CommandResult,
  type ExitCode,
  failed,
  lostRight,
  status,
} from '../command/command.ts';
import { exitSignal } from '../command/stopping.ts';
import { orMissingNamespace } from '../server/missing-namespace.ts';
import { type EventOutput, eventOutput } from './event-output.ts';
import { endsRight, gapMessage } from './lost-right.ts';
import { openSubscription } from './open-subscription.ts';
import { protobufLine } from './stock-subscription.ts';
import type { SubscribeValues } from './subscribe-options.ts';

/**
 * Prints events until the server, the reader of the output, the user, or the timeout ends the subscription.
 *
 * @param values the options of the command, with `since` as the server reads it
 */
export async function printResuming(
  pattern: string,
  values: SubscribeValues,
  server: Server,
  timeoutMs: number | undefined,
): Promise<CommandResult<ExitCode>> {
  const exit = exitSignal(timeoutMs);
  let wasConnected = false;
  try {
    const output = eventOutput(values.format, server.namespace);
    const subscription = openSubscription(pattern, values, server, {
      since: values.since,
      reconnect: values.follow === true,
      signal: exit,
    });
    await subscription.opened();
    wasConnected = true;
    await printAll(subscription, values.protobuf, output, exit);
    return ok(0);
  } catch (error) {
    if (exit.aborted) return ok(exit.reason as ExitCode);
    if (!(error instanceof CarillonError)) throw error;
    if (endsRight(error, wasConnected)) return lostRight(error.message);
    const message = orMissingNamespace(server.namespace, error.message);
    if (message !== error.message) return failed(message);
    if (error.code === 'not_found' || error.code === 'protocol') {
      return failed(`${message}; --follow and --since need a Carillon server`);
    }
    return failed(message);
  }
}

async function printAll(
  subscription: Subscription,
  protobuf: boolean | undefined,
  output: EventOutput,
  signal: AbortSignal,
): Promise<void> {
  for await (const item of subscription) {
    if (item.type === 'gap') {
      status(gapMessage(item.reason));
      continue;
    }
    const event = eventOfFrame(item.cloudEvent as unknown as FrameJson);
    const line = protobuf === true ? protobufLine(encodeProtobuf(event)) : encodeJson(event);
    // The client acknowledges only what the reader of the output has taken.
    if (!process.stdout.write(output(line))) await once(process.stdout, 'drain', { signal });
  }
}
