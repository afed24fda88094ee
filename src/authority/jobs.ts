/**
 * What an authority has yet to have done elsewhere: written down with the change that calls for it, tried
 * at once, and tried again by alarm until it is done.
 */

import { logError } from '../lib/log.ts';
import { MAX_CONCURRENT_CALLS, MIN_JOB_BACKOFF_MS } from '../objects/limits.ts';
import { MAX_JOB_BACKOFF_MS, MAX_JOBS_AT_ONCE } from './limits.ts';

export type Job =
  /** A hub is to ask for its notices. */
  | { readonly kind: 'notify'; readonly target: string }
  /** A child token in another namespace dies with its parent: the key of the namespace, the token. */
  | { readonly kind: 'revoke'; readonly target: string }
  /** A deleted namespace is emptied: its key. */
  | { readonly kind: 'wipe'; readonly target: string };

type Row = {
  readonly kind: Job['kind'];
  readonly target: string;
  readonly writing: number;
  readonly attempts: number;
};

export class Jobs {
  readonly #sql: SqlStorage;
  readonly #underWay = new Set<string>();
  #stopped = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add({ kind, target }: Job, now: number): void {
    this.#sql.exec(
      `INSERT INTO jobs (kind, target, writing, attempts, due_at) VALUES (?, ?, 1, 0, ?)
       ON CONFLICT (kind, target) DO UPDATE SET writing = writing + 1, attempts = 0, due_at = ?`,
      kind,
      target,
      now,
      now,
    );
  }

  /** When the next attempt is due, in Unix milliseconds. */
  nextDue(): number | undefined {
    return (
      this.#sql.exec<{ next: number | null }>('SELECT MIN(due_at) AS next FROM jobs').one().next ??
      undefined
    );
  }

  /** The storage is about to go: what is under way ends without a note. */
  stop(): void {
    this.#stopped = true;
  }

  /** Tries the jobs that are due, each alone with its failure. */
  async run(work: (job: Job) => Promise<void>, now: () => number): Promise<void> {
    const due = this.#sql
      // Hubs first: a revocation waits for them.
      .exec<Row>(
        `SELECT kind, target, writing, attempts FROM jobs WHERE due_at <= ?
         ORDER BY kind = 'notify' DESC, due_at LIMIT ?`,
        now(),
        MAX_JOBS_AT_ONCE,
      )
      .toArray()
      .filter((row) => !this.#underWay.has(keyOf(row)));
    for (const row of due) this.#underWay.add(keyOf(row));
    let next = 0;
    const worker = async () => {
      for (let row = due[next++]; row !== undefined; row = due[next++]) {
        await this.#attempt(row, work, now);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT_CALLS, due.length) }, worker));
  }

  async #attempt(first: Row, work: (job: Job) => Promise<void>, now: () => number): Promise<void> {
    const { kind, target } = first;
    let row: Row | undefined = first;
    try {
      // Not due meanwhile: only where this object ends before the job does, the alarm finds it again.
      this.#postpone(first, first.attempts, now() + MAX_JOB_BACKOFF_MS);
      while (row !== undefined) {
        await work({ kind, target });
        // One that was written again meanwhile is to be done again.
        row = this.#stopped || this.#done(row) ? undefined : this.#get(first);
      }
    } catch (error) {
      if (this.#stopped) return;
      logError(`${kind} ${target} failed, to be tried again`, error);
      const failed = row ?? first;
      const backoff = Math.min(MIN_JOB_BACKOFF_MS * 2 ** failed.attempts, MAX_JOB_BACKOFF_MS);
      this.#postpone(failed, failed.attempts + 1, now() + backoff);
    } finally {
      this.#underWay.delete(keyOf(first));
    }
  }

  /** One that was written again meanwhile stays due as it is. */
  #postpone({ kind, target, writing }: Row, attempts: number, dueAt: number): void {
    this.#sql.exec(
      'UPDATE jobs SET attempts = ?, due_at = ? WHERE kind = ? AND target = ? AND writing = ?',
      attempts,
      dueAt,
      kind,
      target,
      writing,
    );
  }

  /** @returns whether it was this writing of the job that stood */
  #done({ kind, target, writing }: Row): boolean {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM jobs WHERE kind = ? AND target = ? AND writing = ?',
      kind,
      target,
      writing,
    );
    return rowsWritten > 0;
  }

  #get({ kind, target }: Job): Row | undefined {
    return this.#sql
      .exec<Row>(
        'SELECT kind, target, writing, attempts FROM jobs WHERE kind = ? AND target = ?',
        kind,
        target,
      )
      .toArray()[0];
  }
}

function keyOf({ kind, target }: Row): string {
  return `${kind} ${target}`;
}
