/**
 * Keeps the subscription to the origin: opens one connection after another, puts what arrives into the backlog, and
 * says where events may be missing.
 */
import type { Connection } from '../../client/connection.ts';
import { describeEnd } from '../../client/end.ts';
import type { Result } from '../../lib/result.ts';
import { SUBPROTOCOLS } from '../../wire/carillon-v1/messages.ts';
import { gapMessage } from '../events/lost-right.ts';
import { Retry } from '../server/retry.ts';
import {
  type HandshakeFailure,
  type OpenSocket,
  openSocket,
} from '../server/subscription-socket.ts';
import type { Backlog, BacklogEntry } from './backlog.ts';
import { RELAY_BACKOFF } from './backoff.ts';
import type { FrameLine } from './frame.ts';
import { MAX_RELAY_MESSAGE_BYTES, MAX_RELAY_STALL_MS } from './limits.ts';
import type { Origin } from './origin.ts';
import {
  type Acknowledge,
  connectToOrigin,
  isStock,
  type OriginListener,
} from './origin-connection.ts';
import { type LastingRefusal, lastingRefusal } from './refusal.ts';
import type { Report } from './report.ts';

const OPENING = {
  offer: SUBPROTOCOLS.json,
  maxMessageBytes: MAX_RELAY_MESSAGE_BYTES,
  setting: '--from',
};

interface StartPosition {
  /** The position of an earlier relay; undefined if there was none, or the origin has no positions. */
  readonly cursor: string | undefined;
  /** Up to when an earlier relay missed nothing: milliseconds since 1970. */
  readonly heardAt: number | undefined;
  /** Sources whose events are not relayed. */
  readonly skippedSources: readonly string[];
  /** Under which other relays publish the same events. */
  readonly originName?: string | undefined;
}

export class OriginReader {
  readonly #origin: Origin;
  readonly #backlog: Backlog;
  readonly #report: Report;
  readonly #retry: Retry;
  readonly #signal: AbortSignal;
  readonly #skipped: ReadonlySet<string>;
  readonly #originName: string | undefined;
  /** The position after the last event. */
  #cursor: string | undefined;
  /** When the last sign of life came; undefined if there was none. */
  #heardAt: number | undefined;
  /** Whether the origin has accepted a subscription: it may accept the next one too, whatever it says now. */
  #hasWorked = false;
  /** Whether the origin rejected the cursor. Then the subscription begins with the earliest event. */
  #cursorLost = false;

  constructor(
    origin: Origin,
    { cursor, heardAt, skippedSources, originName }: StartPosition,
    backlog: Backlog,
    report: Report,
    signal: AbortSignal,
  ) {
    this.#origin = origin;
    this.#cursor = cursor;
    this.#heardAt = heardAt;
    this.#skipped = new Set(skippedSources);
    this.#originName = originName;
    this.#backlog = backlog;
    this.#report = report;
    this.#retry = new Retry(RELAY_BACKOFF, report);
    this.#signal = signal;
  }

  /** @returns why the relay cannot begin; undefined once the signal has ended it */
  async run(): Promise<LastingRefusal | undefined> {
    while (!this.#signal.aborted) {
      await this.#backlog.room();
      const opened = await this.#open();
      if (this.#signal.aborted) {
        if (opened.ok) opened.value.socket.terminate();
      } else if (opened.ok) {
        await this.#receive(opened.value);
      } else if (!this.#loseCursor(opened.failure)) {
        const lasting = this.#lastingRefusal(opened.failure);
        if (lasting !== undefined) return lasting;
        const { message, retryAfterMs } = opened.failure;
        await this.#retry.wait(message, retryAfterMs, this.#signal);
      }
    }
    return undefined;
  }

  async #open(): Promise<Result<OpenSocket, HandshakeFailure>> {
    const headers = await this.#origin.headers();
    if (!headers.ok) {
      const { message } = headers.failure;
      return { ok: false, failure: { reason: 'unreachable', message, status: 0, retryAfterMs: 0 } };
    }
    const since = this.#cursorLost ? 'earliest' : this.#cursor;
    return openSocket(this.#origin.url(since), headers.value, {
      ...OPENING,
      signal: this.#signal,
    });
  }

  /** A 400 may be for the cursor, which is the only part of the request that changes. */
  #loseCursor({ status }: HandshakeFailure): boolean {
    if (status !== 400 || this.#cursor === undefined || this.#cursorLost) return false;
    this.#cursorLost = true;
    return true;
  }

  #lastingRefusal(failure: HandshakeFailure): LastingRefusal | undefined {
    const { pattern } = this.#origin.subscription;
    return this.#hasWorked ? undefined : lastingRefusal(failure, pattern);
  }

  async #receive(opened: OpenSocket): Promise<void> {
    const openedAt = Date.now();
    this.#sayOpen(opened);
    const listener: OriginListener = {
      greeted: (spreadMs) => {
        this.#retry.backoff.spreadMs = spreadMs;
      },
      event: (line, cursor, acknowledge) => {
        this.#put(line, cursor, acknowledge);
        if (this.#backlog.isFull && !connection.isPaused) this.#pause(connection, opened);
      },
      position: (cursor, acknowledge) => this.#put(undefined, cursor, acknowledge),
      gap: (reason, cursor, acknowledge) => {
        this.#report.gap(gapMessage(reason));
        this.#put(undefined, cursor, acknowledge);
      },
    };
    const connection = connectToOrigin(opened, listener, this.#originName);
    const stop = () => connection.leave('');
    this.#signal.addEventListener('abort', stop);
    const { reason, waitMs } = describeEnd(await connection.ended);
    this.#signal.removeEventListener('abort', stop);
    this.#heardAt = Date.now() - connection.silenceMs;
    if (this.#signal.aborted) return;
    this.#retry.backoff.disconnected(Date.now() - openedAt);
    await this.#retry.wait(reason, waitMs, this.#signal);
  }

  #put(
    line: FrameLine | undefined,
    cursor: string | undefined,
    acknowledge: Acknowledge | undefined,
  ): void {
    const isSkipped = line !== undefined && this.#isOfSkippedSource(line);
    if (isSkipped) this.#report.skipped();
    if (cursor !== undefined) this.#cursor = cursor;
    const entry: BacklogEntry = {
      at: Date.now(),
      ...(line !== undefined && !isSkipped && { line }),
      ...(cursor !== undefined && { cursor }),
      ...(acknowledge !== undefined && { acknowledge }),
    };
    if (entry.line !== undefined || cursor !== undefined) this.#backlog.put(entry);
  }

  /** The source of a cluster is the beginning of the sources that the cluster makes. */
  #isOfSkippedSource({ source }: FrameLine): boolean {
    const [cluster = ''] = source.split('/sys/', 1);
    return this.#skipped.has(source) || (cluster !== source && this.#skipped.has(cluster));
  }

  /** Reads no more until there is room. A stock server would drop a subscriber that reads nothing, silently. */
  #pause(connection: Connection, opened: OpenSocket): void {
    connection.pause();
    const leave = () => connection.leave('the relay is full, and has not read for too long');
    const stall = isStock(opened) ? setTimeout(leave, MAX_RELAY_STALL_MS) : undefined;
    Promise.race([this.#backlog.room(), connection.ended]).then(() => {
      clearTimeout(stall);
      connection.resume();
    });
  }

  #sayOpen(opened: OpenSocket): void {
    const { address, subscription } = this.#origin;
    const stock = isStock(opened);
    this.#report.say(
      `subscribed to ${subscription.pattern} at ${address.origin}${stock ? ', a stock server: events that come while the relay is disconnected are lost' : ''}`,
    );
    if (opened.warning !== undefined) this.#report.say(`warning: ${opened.warning}`);
    if (this.#cursorLost) {
      this.#report.gap('events may be missing here: the server does not know the position');
    } else if ((stock || this.#cursor === undefined) && this.#heardAt !== undefined) {
      this.#report.gap(awayText(this.#heardAt, Date.now()));
    }
    if (stock) this.#cursor = undefined;
    this.#cursorLost = false;
    this.#hasWorked = true;
  }
}

/** What a stock server cannot send again. */
function awayText(from: number, to: number): string {
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  return `away for ${((to - from) / 1000).toFixed(1)} s: events from ${since} to ${until} may be missing`;
}
