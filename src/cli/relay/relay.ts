/** A relay from beginning to end: the reader of the origin fills the backlog, and the publisher empties it. */

import { type ExitCode, fail } from '../command/command.ts';
import type { Values } from '../command/options.ts';
import type { Stopping } from '../command/stopping.ts';
import type { PositionFile } from '../server/position-file.ts';
import { Backlog } from './backlog.ts';
import { Checkpoint } from './checkpoint.ts';
import type { Origin } from './origin.ts';
import { OriginReader } from './origin-reader.ts';
import { Publisher } from './publisher.ts';
import { Report } from './report.ts';

interface RelayOptions {
  readonly origin: Origin;
  /** Undefined if nothing is remembered. */
  readonly state: PositionFile | undefined;
  readonly skippedSources: readonly string[];
  /** Under which other relays publish the same events. */
  readonly originName: string | undefined;
  /** The options of the command, which name the receiver. */
  readonly values: Values;
}

/** Relays until it is asked to stop. Then it publishes what has arrived, until the deadline. */
export async function relay(
  { origin, state, skippedSources, originName, values }: RelayOptions,
  stopping: Stopping,
): Promise<ExitCode> {
  const backlog = new Backlog();
  const report = new Report(backlog);
  const publisher = new Publisher(values, originName, report);
  const checkpoint = new Checkpoint(state, report);
  const { stop, deadline } = stopping;

  const receiver = await publisher.check(stop);
  if (!receiver.ok) {
    fail(`VAULT_ADDR: ${receiver.failure.message}`);
    return receiver.failure.reason === 'token' ? 2 : 1;
  }
  if (stop.aborted) return 0;
  // The reader of the origin may wait for room.
  stop.addEventListener('abort', () => backlog.end());

  report.start();
  const start = {
    cursor: state?.found?.cursor,
    heardAt: state?.found && Date.parse(state.found.at),
    skippedSources,
    originName,
  };
  const publishing = publisher.run(backlog, checkpoint, deadline);
  const lasting = await new OriginReader(origin, start, backlog, report, stop).run();
  backlog.end();
  stopping.begin();
  await publishing;
  report.stop();
  if (lasting !== undefined) {
    fail(lasting.message);
    return lasting.exitCode;
  }
  report.summarise();
  if (backlog.events > 0) return leaveBehind(backlog.events, checkpoint.canResume, report);
  checkpoint.finish();
  return 0;
}

function leaveBehind(events: number, canResume: boolean, report: Report): ExitCode {
  const left = `${events} events could not be published any more`;
  if (!canResume) return fail(`${left} and are lost`);
  report.say(`${left}; they are delivered again when the relay resumes from its state file`);
  return 0;
}
