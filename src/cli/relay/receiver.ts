/**
 * Stays subscribed to the origin: opens connections, one after another, puts what comes into the backlog,
 * and says where something may be missing.
 */
import { STABLE_CONNECTION_MS } from '../../client/bounds.ts';
import { platformRuntime } from '../../client/platform.ts';
import { sleep } from '../../client/sleep.ts';
import { SUBPROTOCOLS } from '../../wire/carillon-v1/messages.ts';
import { type OpenSocket, openSocket, type Refused } from '../subscription-socket.ts';
import type { Backlog, Entry } from './backlog.ts';
import { relayBackoff } from './backoff.ts';
import { Connection, type End } from './connection.ts';
import type { FrameLine } from './frame.ts';
import { MAX_RELAY_MESSAGE_BYTES, MAX_RELAY_STALL_MS } from './limits.ts';
import type { Origin } from './origin.ts';
import { type Lasting, lastingRefusal } from './refusal.ts';
import type { Report } from './report.ts';

const OPENING = {
  offer: SUBPROTOCOLS.json,
  maxMessageBytes: MAX_RELAY_MESSAGE_BYTES,
  setting: '--from',
};

export interface Beginning {
  /** Where an earlier relay was; undefined where it could not know, or was not there. */
  readonly cursor: string | undefined;
  /** Until when an earlier relay missed nothing: milliseconds since 1970. */
  readonly heardAt: number | undefined;
  /** Sources whose events are passed over. */
  readonly skippedSources: readonly string[];
}

export class Receiver {
  readonly #runtime = platformRuntime();
  readonly #origin: Origin;
  readonly #backlog: Backlog;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  readonly #skipped: ReadonlySet<string>;
  /** The place after what has come last. */
  #cursor: string | undefined;
  /** The last sign of life; undefined as long as there was none. */
  #heardAt: number | undefined;
  /** Whether there was a subscription: what was good enough for one may be again. */
  #worked = false;
  /** Whether the place was refused, so that what lies behind it is asked for without it. */
  #placeLost = false;
  #failures = 0;

  constructor(
    origin: Origin,
    { cursor, heardAt, skippedSources }: Beginning,
    backlog: Backlog,
    report: Report,
    signal: AbortSignal,
  ) {
    this.#origin = origin;
    this.#cursor = cursor;
    this.#heardAt = heardAt;
    this.#skipped = new Set(skippedSources);
    this.#backlog = backlog;
    this.#report = report;
    this.#signal = signal;
  }

  /** @returns what keeps it from ever beginning; undefined once the signal has ended it */
  async run(): Promise<Lasting | undefined> {
    while (!this.#signal.aborted) {
      await this.#backlog.room();
      const opened = await this.#open();
      if (this.#signal.aborted) {
        if (!('message' in opened)) opened.socket.terminate();
        return undefined;
      }
      if ('message' in opened) {
        if (this.#losePlace(opened)) continue;
        const lasting = this.#worked
          ? undefined
          : lastingRefusal(opened, this.#origin.subscribed.pattern);
        if (lasting !== undefined) return lasting;
        await this.#wait({ reason: opened.message, waitMs: opened.retryAfterMs });
      } else {
        await this.#receive(opened);
      }
    }
    return undefined;
  }

  async #open(): Promise<OpenSocket | Refused> {
    const headers = await this.#origin.headers();
    if (!headers.ok) return { message: headers.failure.message, status: 0, retryAfterMs: 0 };
    const since = this.#placeLost ? 'earliest' : this.#cursor;
    return openSocket(this.#origin.url(since), headers.value, {
      ...OPENING,
      signal: this.#signal,
    });
  }

  /** Of all that a 400 may be for, the place is what was not the same the last time. */
  #losePlace({ status }: Refused): boolean {
    if (status !== 400 || this.#cursor === undefined || this.#placeLost) return false;
    this.#placeLost = true;
    return true;
  }

  async #receive(opened: OpenSocket): Promise<void> {
    const since = Date.now();
    const connection: Connection = new Connection(opened, {
      event: (line, cursor) => {
        this.#put(line, cursor, connection);
        if (this.#backlog.isFull && !connection.isPaused) this.#pause(connection);
      },
      place: (cursor) => this.#put(undefined, cursor, connection),
      gap: (reason, cursor) => {
        this.#report.gap(`events may be missing here (${reason})`);
        this.#put(undefined, cursor, connection);
      },
    });
    const stop = () => connection.close('');
    this.#signal.addEventListener('abort', stop);
    this.#tellOpen(connection.isStock, opened.warning);
    const end = await connection.ended;
    this.#signal.removeEventListener('abort', stop);
    this.#heardAt = connection.heardAt;
    if (this.#signal.aborted) return;
    if (Date.now() - since >= STABLE_CONNECTION_MS) this.#failures = 0;
    await this.#wait(end);
  }

  #put(line: FrameLine | undefined, cursor: string | undefined, connection: Connection): void {
    const isSkipped = line !== undefined && this.#isOfSkippedSource(line);
    if (isSkipped) this.#report.skipped();
    if (cursor !== undefined) this.#cursor = cursor;
    const entry: Entry = {
      at: Date.now(),
      ...(line !== undefined && !isSkipped && { line }),
      ...(cursor !== undefined && {
        cursor,
        acknowledge: (place: string) => connection.acknowledge(place),
      }),
    };
    if (entry.line !== undefined || cursor !== undefined) this.#backlog.put(entry);
  }

  /** That of a cluster is also the beginning of the sources that the cluster names by itself. */
  #isOfSkippedSource({ source }: FrameLine): boolean {
    const [cluster = ''] = source.split('/sys/', 1);
    return this.#skipped.has(source) || (cluster !== source && this.#skipped.has(cluster));
  }

  /** Reads on once there is room. A stock server would let go of a subscriber who reads nothing, silently. */
  #pause(connection: Connection): void {
    connection.pause();
    const stall = connection.isStock
      ? setTimeout(
          () => connection.close('the relay is full, and has not read for too long'),
          MAX_RELAY_STALL_MS,
        )
      : undefined;
    const ended = connection.ended;
    Promise.race([this.#backlog.room(), ended]).then(() => {
      clearTimeout(stall);
      connection.resume();
    });
  }

  #tellOpen(isStock: boolean, warning: string | undefined): void {
    const { address, subscribed } = this.#origin;
    this.#report.say(
      `subscribed to ${subscribed.pattern} at ${address.origin}${isStock ? ', a stock server: what it sends while nobody is connected is lost' : ''}`,
    );
    if (warning !== undefined) this.#report.say(`warning: ${warning}`);
    if (this.#placeLost) {
      this.#report.gap('events may be missing here: the server does not know the place');
    } else if ((isStock || this.#cursor === undefined) && this.#heardAt !== undefined) {
      this.#report.gap(awayText(this.#heardAt, Date.now()));
    }
    if (isStock) this.#cursor = undefined;
    this.#placeLost = false;
    this.#worked = true;
  }

  async #wait({ reason, waitMs }: End): Promise<void> {
    const retryInMs = relayBackoff(this.#failures++, this.#runtime.random(), waitMs);
    this.#report.say(`${reason}; trying again in ${(retryInMs / 1000).toFixed(1)} s`);
    await sleep(this.#runtime, retryInMs, this.#signal);
  }
}

/** What a stock server cannot make up for. */
function awayText(from: number, to: number): string {
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  return `away for ${((to - from) / 1000).toFixed(1)} s: events from ${since} to ${until} may be missing`;
}
