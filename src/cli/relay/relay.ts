/** A relay from its beginning to its end: what comes in by the receiver goes out by the publisher. */

import type { Values } from '../arguments.ts';
import { type ExitCode, fail } from '../command.ts';
import { STOP_MS } from '../limits.ts';
import { Backlog, type Entry } from './backlog.ts';
import type { Origin } from './origin.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { Report } from './report.ts';
import type { StateFile } from './state-file.ts';

export interface Relay {
  readonly origin: Origin;
  /** Undefined where nothing is to be remembered. */
  readonly state: StateFile | undefined;
  readonly skippedSources: readonly string[];
  /** The options of the command, for the server to publish to. */
  readonly values: Values;
}

/**
 * Relays until it is told to end.
 *
 * @param ending tells it to end: what has come is published first, if that can be done soon
 */
export async function relay(relayed: Relay, ending: AbortSignal): Promise<ExitCode> {
  const { origin, state, skippedSources, values } = relayed;
  const report = new Report();
  const backlog = new Backlog();
  const giveUp = new AbortController();
  const publisher = new Publisher(values, report, giveUp.signal);
  const places = new Places(state, report);

  const abandon = () => giveUp.abort();
  ending.addEventListener('abort', abandon);
  const unfit = await publisher.check();
  ending.removeEventListener('abort', abandon);
  if (unfit !== undefined) {
    fail(`VAULT_ADDR: ${unfit.message}`);
    return unfit.byToken ? 2 : 1;
  }
  if (ending.aborted) return 0;
  // Nobody waits for room any more.
  ending.addEventListener('abort', () => backlog.end());

  report.showProgress(() => backlog.events);
  const beginning = {
    cursor: state?.found?.cursor,
    heardAt: state?.found && Date.parse(state.found.at),
    skippedSources,
  };
  const publishing = publisher.run(backlog, (entries) => places.settled(entries));
  const lasting = await new Receiver(origin, beginning, backlog, report, ending).run();
  backlog.end();
  const deadline = setTimeout(abandon, STOP_MS);
  await publishing;
  clearTimeout(deadline);
  report.end();
  if (lasting !== undefined) {
    fail(lasting.message);
    return lasting.exitCode;
  }
  report.summary();
  if (backlog.events === 0) places.end();
  return backlog.events === 0 ? 0 : leftBehind(backlog.events, places.resumes, report);
}

function leftBehind(count: number, resumes: boolean, report: Report): ExitCode {
  const left = `${count} events could not be published any more`;
  if (!resumes) return fail(`${left} and are lost`);
  report.say(`${left}; they come again when the relay goes on from its state file`);
  return 0;
}

/** Remembers, and tells the origin, what has been published. */
class Places {
  /** Whether another relay can go on from the state file. */
  resumes = false;
  readonly #state: StateFile | undefined;
  readonly #report: Report;
  #cursor: string | undefined;
  #unwritten = false;

  constructor(state: StateFile | undefined, report: Report) {
    this.#state = state;
    this.#report = report;
    this.#cursor = state?.found?.cursor;
  }

  settled(entries: readonly Entry[]): void {
    const last = entries.findLast(({ cursor }) => cursor !== undefined);
    this.#cursor = last?.cursor;
    this.#save(entries.at(-1)?.at ?? Date.now());
    // After it is written: what is acknowledged has ceased to be the server's concern.
    if (last?.cursor !== undefined) last.acknowledge?.(last.cursor);
  }

  /** All that came is published: up to now nothing is missing. */
  end(): void {
    this.#save(Date.now());
  }

  #save(at: number): void {
    if (this.#state === undefined) return;
    const problem = this.#state.save(this.#cursor, new Date(at).toISOString());
    // It goes on: what the file does not say yet comes again, and is recognised.
    if (problem !== undefined && !this.#unwritten) {
      this.#report.say(`warning: the state file cannot be written: ${problem}`);
    }
    this.#unwritten = problem !== undefined;
    this.resumes = problem === undefined && this.#cursor !== undefined;
  }
}
