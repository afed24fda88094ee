/** Publishes samples, at once or at a rate. */
import { CarillonError, type OutgoingEvent, publish } from '../../client/index.ts';
import type { Server } from '../../client/options.ts';
import { ok } from '../../lib/result.ts';
import { MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import {
  type CommandResult,
  type ExitCode,
  failed,
  interrupted,
  status,
} from '../command/command.ts';
import { pause } from '../command/stopping.ts';
import { orMissingNamespace } from '../server/missing-namespace.ts';
import { dueEvents, untilNext } from './pace.ts';
import { chosenEvent, type SampleChoice } from './sample-options.ts';

export interface Schedule {
  readonly count: number;
  /** Events a second; undefined to publish them at once. */
  readonly rate: number | undefined;
}

/**
 * Publishes the samples in their order. What is due together goes in one request.
 *
 * @param print called for each event that was accepted, with its id
 * @param stop aborted when the user interrupts
 */
export async function trigger(
  server: Server,
  choice: SampleChoice,
  { count, rate }: Schedule,
  print: (event: OutgoingEvent, id: string) => void,
  stop: AbortSignal,
): Promise<CommandResult<ExitCode>> {
  const start = performance.now();
  let sent = 0;
  const summary = () => status(`${sent} published`);
  while (sent < count) {
    const due = dueEvents(count, rate, performance.now() - start);
    const batch = Math.min(due - sent, MAX_PUBLISH_EVENTS);
    if (batch > 0) {
      const events = Array.from({ length: batch }, (_, index) => chosenEvent(choice, sent + index));
      try {
        const { ids } = await publish(events, { ...server, signal: stop });
        for (const [index, event] of events.entries()) print(event, ids[index] ?? '');
      } catch (error) {
        if (sent > 0 || stop.aborted) summary();
        if (stop.aborted) return interrupted();
        if (!(error instanceof CarillonError)) throw error;
        return failed(orMissingNamespace(server.namespace, error.message));
      }
      sent += batch;
    } else if (rate !== undefined) {
      await pause(untilNext(sent, rate, performance.now() - start), stop);
    }
    if (stop.aborted) {
      summary();
      return interrupted();
    }
  }
  summary();
  return ok(0);
}
