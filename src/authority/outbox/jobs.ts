/** The jobs of an authority: calls to other objects. A job stays until it is done. */

import { scalar } from '../../objects/sql.ts';
import { MAX_JOBS_AT_ONCE } from '../limits.ts';

export type Job =
  /** A hub pulls the changes of the tokens and policies that it watches. */
  | { readonly kind: 'notify'; readonly hub: string }
  /** A hub learns the quotas that apply in this namespace. */
  | { readonly kind: 'quotas'; readonly hub: string }
  /** The authority of a namespace directly below learns them. */
  | { readonly kind: 'quotas_below'; readonly namespace: string }
  /** The authority of a namespace below revokes the tokens that a token of this namespace has made there. */
  | { readonly kind: 'revoke'; readonly parent: number; readonly namespace: string }
  /** The authority of a deleted namespace wipes it. */
  | { readonly kind: 'wipe'; readonly namespace: string };

/** A job as it was read: if it is added again meanwhile, it has another `revision`. */
export interface StoredJob {
  readonly job: Job;
  readonly revision: number;
  /** Attempts that failed. */
  readonly attempts: number;
}

type Row = {
  readonly kind: Job['kind'];
  readonly target: string;
  readonly revision: number;
  readonly attempts: number;
};

export class Jobs {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(job: Job, now: number): void {
    this.#sql.exec(
      `INSERT INTO jobs (kind, target, revision, attempts, due_at) VALUES (?, ?, 1, 0, ?)
       ON CONFLICT (kind, target) DO UPDATE SET revision = revision + 1, attempts = 0, due_at = ?`,
      job.kind,
      targetOf(job),
      now,
      now,
    );
  }

  get(job: Job): StoredJob | undefined {
    const [row] = this.#sql
      .exec<Row>(
        'SELECT kind, target, revision, attempts FROM jobs WHERE kind = ? AND target = ?',
        job.kind,
        targetOf(job),
      )
      .toArray();
    return row && storedJob(row);
  }

  /** Takes the jobs that are due, notifications first: a revocation waits for them. They are due again at `nextDue`. */
  takeDue(now: number, nextDue: number): StoredJob[] {
    const rows = this.#sql
      .exec<Row>(
        `UPDATE jobs SET due_at = ? WHERE (kind, target) IN (
           SELECT kind, target FROM jobs WHERE due_at <= ?
           ORDER BY kind = 'notify' DESC, due_at LIMIT ?
         ) RETURNING kind, target, revision, attempts`,
        nextDue,
        now,
        MAX_JOBS_AT_ONCE,
      )
      .toArray();
    const notifiesFirst = (a: Row, b: Row) =>
      Number(b.kind === 'notify') - Number(a.kind === 'notify');
    return rows.sort(notifiesFirst).map(storedJob);
  }

  postpone(job: Job, attempts: number, dueAt: number): void {
    this.#sql.exec(
      'UPDATE jobs SET attempts = ?, due_at = ? WHERE kind = ? AND target = ?',
      attempts,
      dueAt,
      job.kind,
      targetOf(job),
    );
  }

  /** @returns false if the job was added again meanwhile, so that it has to be done again */
  remove({ job, revision }: StoredJob): boolean {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM jobs WHERE kind = ? AND target = ? AND revision = ?',
      job.kind,
      targetOf(job),
      revision,
    );
    return rowsWritten > 0;
  }

  count(): number {
    return scalar<number>(this.#sql, 'SELECT COUNT(*) FROM jobs') ?? 0;
  }

  /** When the next attempt is due, in Unix milliseconds; Infinity if none is. */
  nextDue(): number {
    return scalar<number>(this.#sql, 'SELECT MIN(due_at) FROM jobs') ?? Infinity;
  }
}

function storedJob({ kind, target, revision, attempts }: Row): StoredJob {
  return { job: parseJob(kind, target), revision, attempts };
}

/** The stored form of what a job is about; with its kind, it is the key of the job. Namespaces are stored as keys. */
export function targetOf(job: Job): string {
  switch (job.kind) {
    case 'notify':
    case 'quotas':
      return job.hub;
    case 'revoke':
      return `${job.parent} ${job.namespace}`;
    case 'wipe':
    case 'quotas_below':
      return job.namespace;
  }
}

function parseJob(kind: Job['kind'], target: string): Job {
  switch (kind) {
    case 'notify':
    case 'quotas':
      return { kind, hub: target };
    case 'revoke': {
      const [parent = '', namespace = ''] = target.split(' ');
      return { kind, parent: Number(parent), namespace };
    }
    case 'wipe':
    case 'quotas_below':
      return { kind, namespace: target };
  }
}
