/**
 * Deletes destinations: what their objects have stored first, then their names, so that none goes on without a name. A deletion
 * that fails is repeated by alarm.
 */

import { logError } from '../../lib/log.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import { callEach } from '../../objects/call.ts';
import { jobBackoffMs } from '../../objects/job-backoff.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { callDestination } from '../../objects/stubs.ts';
import type { Announcer } from './announcer.ts';
import type { LateCalls } from './late-calls.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import { MAX_REPEAT_BACKOFF_MS } from './limits.ts';
import type { QuietDestinations } from './quiet.ts';
import type { Registry } from './registry.ts';
import type { Turns } from './turns.ts';

interface DeletionParts {
  readonly env: Env;
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  readonly registry: Registry;
  readonly announcer: Announcer;
  readonly quiet: QuietDestinations;
  readonly lateWakes: LateCalls;
  readonly turns: Turns;
  readonly alarms: Alarms;
}

export class Deletions implements AlarmTask {
  readonly #parts: DeletionParts;
  /** When those that were begun are tried again. */
  #dueAt = 0;
  #attempts = 0;

  constructor(parts: DeletionParts) {
    this.#parts = parts;
  }

  /** Stores that a destination is being deleted. From now on, the alarm completes it. */
  begin(name: string): void {
    const { registry, quiet, lateWakes, alarms } = this.#parts;
    const destination = registry.get(name);
    if (destination === undefined) return;
    registry.put({ ...destination, state: 'deleting' });
    lateWakes.forget(name);
    quiet.clear(name);
    this.#dueAt = Date.now() + MIN_JOB_BACKOFF_MS;
    alarms.arm();
  }

  /** To be called in a turn of the name. @throws if the destination cannot be called */
  async complete(name: string): Promise<void> {
    const { env, namespace, lifecycle, registry, announcer } = this.#parts;
    await callDestination(env, namespace, name, (destination) => destination.wipe());
    lifecycle.assertOpen();
    registry.remove(name);
    // The object may have stopped before it was announced that this one wants nothing any more.
    announcer.set(registry.wanted());
  }

  nextDue(): number {
    return this.#begun().length === 0 ? Number.POSITIVE_INFINITY : this.#dueAt;
  }

  async run(): Promise<void> {
    const { lifecycle, registry, turns } = this.#parts;
    try {
      await callEach(this.#begun(), (name) =>
        turns.take(name, async () => {
          // Another turn may have completed it, and created another one.
          if (registry.get(name)?.state === 'deleting') await this.complete(name);
        }),
      );
      this.#attempts = 0;
    } catch (error) {
      if (!lifecycle.isOpen) return;
      logError('a destination could not be deleted, to be tried again', error);
      this.#dueAt = Date.now() + jobBackoffMs(this.#attempts++, MAX_REPEAT_BACKOFF_MS);
    }
  }

  #begun(): string[] {
    return this.#parts.registry
      .all()
      .filter(({ state }) => state === 'deleting')
      .map(({ name }) => name);
  }
}
