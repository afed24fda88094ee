/**
 * Wakes destinations: tells them which hubs have something new. Each is woken at most once in `MIN_WAKE_INTERVAL_MS`, by one call
 * at a time. What comes meanwhile waits, and goes with the next call. What fails, or is to be told later, is stored, and nobody waits for it.
 */

import { logError } from '../../lib/log.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { callDestination } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import type { CallSlots } from './call-slots.ts';
import type { LateCalls } from './late-calls.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import { MAX_WAKE_CALL_MS, MIN_WAKE_INTERVAL_MS } from './limits.ts';
import type { QuietDestinations } from './quiet.ts';
import type { Registry } from './registry.ts';

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

interface WakeParts {
  readonly env: Env;
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  readonly slots: CallSlots;
  readonly quiet: QuietDestinations;
  readonly clock: Clock;
  readonly registry: Registry;
  /** The wakes that are repeated. */
  late(): LateCalls;
}

/** The next call of a destination. It has not begun. */
interface NextWake {
  readonly hubs: Set<string>;
  readonly done: Promise<void>;
}

export class Wakes {
  readonly #parts: WakeParts;
  readonly #next = new Map<string, NextWake>();
  /** The calls that are under way. One that fails is stored, so none rejects before the namespace is deleted. */
  readonly #running = new Map<string, Promise<void>>();
  /** When a destination was woken last, if that is a short time ago. */
  readonly #wokenAt = new Map<string, number>();

  constructor(parts: WakeParts) {
    this.#parts = parts;
  }

  /** Resolves when the destination has been told, or will be by alarm. */
  wake(name: string, hub: string): Promise<void> {
    if (this.#isForLater(name, [hub])) return Promise.resolve();
    const next = this.#next.get(name);
    if (next !== undefined) {
      next.hubs.add(hub);
      return next.done;
    }
    const hubs = new Set([hub]);
    const done = this.#wakeNext(name, hubs);
    this.#next.set(name, { hubs, done });
    return done;
  }

  /** Tells it now. @throws if it cannot be told, or not in time */
  async tell(name: string, hubs: readonly string[]): Promise<void> {
    const { env, namespace, slots, quiet, clock } = this.#parts;
    await slots.run(async () => {
      const { life } = quiet;
      this.#noteTime(name);
      const { quietUntil } = await withTimeout(
        MAX_WAKE_CALL_MS,
        callDestination(env, namespace, name, (destination) => destination.wake(hubs)),
      );
      quiet.note(name, quietUntil, life, clock.now());
    });
  }

  async #wakeNext(name: string, hubs: Set<string>): Promise<void> {
    const { clock } = this.#parts;
    await this.#running.get(name);
    const wait = (this.#wokenAt.get(name) ?? 0) + MIN_WAKE_INTERVAL_MS - clock.now();
    if (wait > 0) await clock.wait(wait);
    this.#next.delete(name);
    // What came before this may have been answered, or the destination deleted.
    if (this.#isForLater(name, [...hubs])) return;
    const call = this.#tellOrStore(name, [...hubs]);
    this.#running.set(name, call);
    try {
      await call;
    } finally {
      this.#running.delete(name);
    }
  }

  async #tellOrStore(name: string, hubs: readonly string[]): Promise<void> {
    const { lifecycle, clock, late } = this.#parts;
    try {
      await this.tell(name, hubs);
    } catch (error) {
      lifecycle.assertOpen();
      if (!this.#isLive(name)) return;
      logError(`the destination ${name} was not woken, to be tried again`, error);
      late().add(name, hubs, clock.now() + MIN_JOB_BACKOFF_MS);
    }
  }

  /** Whether nothing is to be told now: there is no such destination any more, or the hubs were added to what is told later. */
  #isForLater(name: string, hubs: readonly string[]): boolean {
    const { lifecycle, quiet, clock, late } = this.#parts;
    lifecycle.assertOpen();
    if (!this.#isLive(name)) return true;
    const until = quiet.until(name, clock.now());
    if (until === undefined && !late().has(name)) return false;
    late().add(name, hubs, until ?? clock.now());
    return true;
  }

  #isLive(name: string): boolean {
    const { state = 'deleting' } = this.#parts.registry.get(name) ?? {};
    return state !== 'deleting';
  }

  #noteTime(name: string): void {
    const now = this.#parts.clock.now();
    for (const [other, at] of this.#wokenAt) {
      if (now - at < MIN_WAKE_INTERVAL_MS) break;
      this.#wokenAt.delete(other);
    }
    this.#wokenAt.delete(name);
    this.#wokenAt.set(name, now);
  }
}
