/**
 * The calls of a shard to its head: what it asks for handshakes, and what it has to tell. Those that wait share a call, and
 * one is under way at a time. What could not be told is told again, by an alarm if nothing comes before.
 */

import { logError } from '../../../lib/log.ts';
import type { Alarms, AlarmTask } from '../../../objects/alarms.ts';
import { jobBackoffMs } from '../../../objects/job-backoff.ts';
import { parentOf, type ReplicaPlace } from '../../../objects/names.ts';
import type { Admission, AdmissionAnswer } from '../../../objects/replica-contract.ts';
import { callRegionHead } from '../../../objects/stubs.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import type { HubMeter } from '../../hub-meter.ts';
import {
  ENDS_PAUSE_MS,
  MAX_ADMISSION_WAIT_MS,
  MAX_ADMISSIONS_PER_CALL,
  MAX_ENDS_BACKOFF_MS,
} from '../../limits.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import type { KnownDirectory } from '../placement/known-directory.ts';
import type { PendingEnds } from './pending-ends.ts';
import type { ShardLife } from './shard-life.ts';
import { SharedCall } from './shared-call.ts';

export interface HeadCallParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly alarms: Alarms;
  readonly place: ReplicaPlace;
  readonly socketCount: SocketCount;
  readonly meter: HubMeter;
  readonly known: KnownDirectory;
}

export class HeadCalls implements AlarmTask {
  readonly #parts: HeadCallParts;
  readonly #life: ShardLife;
  readonly #ends: PendingEnds;
  readonly #isEmpty: () => boolean;
  readonly #call: SharedCall<Admission, AdmissionAnswer>;
  #sequence = 0;
  #isPausing = false;
  #failures = 0;
  /** When what could not be told is told again; Infinity if nothing failed. Unix milliseconds. */
  #retryAt = Number.POSITIVE_INFINITY;

  /** @param isEmpty whether the shard has no sockets and no handshakes */
  constructor(parts: HeadCallParts, life: ShardLife, ends: PendingEnds, isEmpty: () => boolean) {
    this.#parts = parts;
    this.#life = life;
    this.#ends = ends;
    this.#isEmpty = isEmpty;
    this.#call = new SharedCall(MAX_ADMISSIONS_PER_CALL, MAX_ADMISSION_WAIT_MS, (admissions) =>
      this.#admit(admissions),
    );
  }

  /** @throws if the head cannot be reached */
  ask(admission: Admission): Promise<AdmissionAnswer> {
    return this.#call.ask(admission);
  }

  /** Whether the head knows all. */
  get isDone(): boolean {
    return this.#ends.size === 0 && !this.#life.isUnreported;
  }

  /** Something has ended. Takes constant time: the head is told soon of all that ends meanwhile. */
  tellSoon(): void {
    if (this.#isPausing || this.#retryAt !== Number.POSITIVE_INFINITY) return;
    this.#isPausing = true;
    // The object stays awake for this, so nothing need be stored.
    this.#parts.ctx.waitUntil(
      scheduler.wait(ENDS_PAUSE_MS).then(() => {
        this.#isPausing = false;
        return this.#tell();
      }),
    );
  }

  nextDue(): number {
    const isUnreported = this.#failures === 0 && !this.#isPausing && !this.isDone;
    return isUnreported ? 0 : this.#retryAt;
  }

  run(): Promise<void> {
    return this.#tell();
  }

  async #tell(): Promise<void> {
    do await this.#call.run();
    while (!this.isDone && this.#failures === 0);
  }

  async #admit(admissions: readonly Admission[]): Promise<readonly AdmissionAnswer[]> {
    if (admissions.length === 0 && this.isDone) return [];
    const { ctx, env, place, socketCount, meter, known } = this.#parts;
    const { name = '' } = ctx.id;
    const ends = this.#ends.take();
    this.#sequence = Math.max(Date.now(), this.#sequence + 1);
    const report = {
      life: this.#life.value,
      sequence: this.#sequence,
      sockets: socketCount.value,
      ends,
    };
    let attempts = 0;
    const call = callRegionHead(env, parentOf(place), (head) => {
      meter.counts.admitCalls++;
      return head.admit(name, { ...report, isRepeated: attempts++ > 0 }, admissions);
    });
    try {
      const { answers, directory } = await withTimeout(MAX_ADMISSION_WAIT_MS, call);
      this.#reported();
      known.take(directory);
      return answers;
    } catch (error) {
      this.#ends.putBack(ends);
      // Handshakes may fail by the hundred. What they add need not be stored: then the head takes their sockets for open.
      if (admissions.length === 0 || this.#failures === 0) this.#ends.store();
      this.#failed(error);
      throw error;
    }
  }

  #reported(): void {
    this.#failures = 0;
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#ends.reported();
    this.#life.reported();
    if (this.#ends.size > 0) this.tellSoon();
    else if (this.#isEmpty()) this.#life.end();
  }

  #failed(error: unknown): void {
    logError('the head of this region cannot be told of subscribers', error);
    this.#retryAt = Date.now() + jobBackoffMs(this.#failures++, MAX_ENDS_BACKOFF_MS);
    this.#parts.alarms.arm();
  }
}
