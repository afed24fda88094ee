/**
 * The calls of one kind that are made later: who is to be told which hubs have something new, because that failed, or because it
 * wants to be told later. They are stored, and made by alarm until they succeed. Meanwhile what is new is only added to them.
 */

import { logError } from '../../lib/log.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import { jobBackoffMs } from '../../objects/job-backoff.ts';
import { column } from '../../objects/sql.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import { MAX_REPEAT_BACKOFF_MS } from './limits.ts';

interface LateCallParts {
  readonly sql: SqlStorage;
  readonly lifecycle: DispatcherLifecycle;
  readonly alarms: Alarms;
  readonly kind: 'wake' | 'forward';
  /** Tells a target of hubs. */
  call(target: string, hubs: readonly string[]): Promise<void>;
}

interface LateCall {
  readonly attempts: number;
  readonly dueAt: number;
}

export class LateCalls implements AlarmTask {
  readonly #parts: LateCallParts;
  /** By target, as stored. */
  readonly #calls: Map<string, LateCall>;
  /** The targets that are being called, each with the hubs that were added meanwhile. */
  readonly #underWay = new Map<string, Set<string>>();
  /** These are not called for now. */
  readonly #held = new Set<string>();

  constructor(parts: LateCallParts) {
    this.#parts = parts;
    this.#calls = new Map(parts.lifecycle.hasTables ? storedCalls(parts) : []);
  }

  /** Whether a hub that has something new is only to be added. */
  has(target: string): boolean {
    return this.#calls.has(target) || this.#held.has(target);
  }

  /** @param dueAt when it is told, unless that is known already. Unix milliseconds */
  add(target: string, hubs: readonly string[], dueAt: number): void {
    const { sql, lifecycle, alarms, kind } = this.#parts;
    lifecycle.create();
    for (const hub of hubs) {
      this.#underWay.get(target)?.add(hub);
      sql.exec(
        'INSERT OR IGNORE INTO late_hubs (kind, target, hub) VALUES (?, ?, ?)',
        kind,
        target,
        hub,
      );
    }
    if (!this.#calls.has(target)) this.#put(target, { attempts: 0, dueAt });
    alarms.arm();
  }

  /** Until `release`, nothing is told to a target, and what comes is added. */
  hold(target: string): void {
    this.#held.add(target);
  }

  /** What was added meanwhile is told at once. */
  release(target: string): void {
    if (this.#held.delete(target)) this.hurry(target);
  }

  /** It is told at once what it was to be told later. */
  hurry(target: string): void {
    if (this.#calls.has(target)) this.#put(target, { attempts: 0, dueAt: Date.now() });
    this.#parts.alarms.arm();
  }

  /** There is no such target any more. */
  forget(target: string): void {
    const { sql, kind } = this.#parts;
    this.#held.delete(target);
    if (!this.#calls.delete(target)) return;
    sql.exec('DELETE FROM late_calls WHERE kind = ? AND target = ?', kind, target);
    sql.exec('DELETE FROM late_hubs WHERE kind = ? AND target = ?', kind, target);
  }

  nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [target, { dueAt }] of this.#calls) {
      if (this.#mayBeCalled(target)) next = Math.min(next, dueAt);
    }
    return next;
  }

  async run(now: number): Promise<void> {
    const due = [...this.#calls].filter(
      ([target, { dueAt }]) => dueAt <= now && this.#mayBeCalled(target),
    );
    await Promise.all(due.map(([target]) => this.#repeat(target)));
  }

  #mayBeCalled(target: string): boolean {
    return !this.#held.has(target) && !this.#underWay.has(target);
  }

  async #repeat(target: string): Promise<void> {
    const { lifecycle, alarms, kind, call } = this.#parts;
    const hubs = this.#hubsOf(target);
    const added = new Set<string>();
    this.#underWay.set(target, added);
    try {
      await call(target, hubs);
      if (lifecycle.isOpen) this.#told(target, hubs, added);
    } catch (error) {
      const failed = lifecycle.isOpen ? this.#calls.get(target) : undefined;
      if (failed === undefined) return;
      logError(`${kind} ${target} failed, to be tried again`, error);
      const attempts = failed.attempts + 1;
      const backoffMs = jobBackoffMs(attempts, MAX_REPEAT_BACKOFF_MS);
      this.#put(target, { attempts, dueAt: Date.now() + backoffMs });
    } finally {
      this.#underWay.delete(target);
      if (lifecycle.isOpen) alarms.arm();
    }
  }

  /** @param added hubs that had something new after the call was begun */
  #told(target: string, hubs: readonly string[], added: ReadonlySet<string>): void {
    const { sql, kind } = this.#parts;
    if (!this.#calls.has(target)) return;
    if (added.size === 0) {
      this.forget(target);
      return;
    }
    for (const hub of hubs) {
      if (added.has(hub)) continue;
      sql.exec(
        'DELETE FROM late_hubs WHERE kind = ? AND target = ? AND hub = ?',
        kind,
        target,
        hub,
      );
    }
    this.#put(target, { attempts: 0, dueAt: Date.now() });
  }

  #put(target: string, call: LateCall): void {
    const { sql, kind } = this.#parts;
    sql.exec(
      'INSERT OR REPLACE INTO late_calls (kind, target, attempts, due_at) VALUES (?, ?, ?, ?)',
      kind,
      target,
      call.attempts,
      call.dueAt,
    );
    this.#calls.set(target, call);
  }

  #hubsOf(target: string): string[] {
    const { sql, kind } = this.#parts;
    return column<string>(
      sql,
      'SELECT hub FROM late_hubs WHERE kind = ? AND target = ?',
      kind,
      target,
    );
  }
}

function storedCalls({ sql, kind }: LateCallParts): [string, LateCall][] {
  return sql
    .exec<{ target: string; attempts: number; due_at: number }>(
      'SELECT target, attempts, due_at FROM late_calls WHERE kind = ?',
      kind,
    )
    .toArray()
    .map(({ target, attempts, due_at }) => [target, { attempts, dueAt: due_at }]);
}
