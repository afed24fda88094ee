/**
 * What an authority has to tell others. A change writes its notices and jobs in its own transaction, and then has them
 * sent. A job that fails is repeated by alarm until it is done.
 *
 * From a changed policy to a socket: `authority/policies` writes it, this tells the hubs (`authorityChanged`), the hub pulls
 * the change (`hub/authority-sync/authority-sync`), closes sockets or drops what was decided (`access-changes`), and decides
 * each event again (`hub/delivery/fan-out`).
 */

import { logError } from '../../lib/log.ts';
import type { Quotas } from '../../namespace/quota.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import { jobBackoffMs } from '../../objects/job-backoff.ts';
import { callAuthority, callSubscriberHub } from '../../objects/stubs.ts';
import { foreignTokenName } from '../../token/token-record.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MAX_CONCURRENT_JOBS, MAX_JOB_BACKOFF_MS } from '../limits.ts';
import { type Job, type Jobs, type StoredJob, targetOf } from './jobs.ts';
import type { Watches } from './watches.ts';

interface Parts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  /** Its key. */
  readonly namespace: string;
  readonly lifecycle: Lifecycle;
  readonly alarms: Alarms;
  readonly watches: Watches;
  readonly jobs: Jobs;
  /** They have this outbox. */
  quotas(): {
    readonly list: Quotas;
    tell(hub: string, call: (list: Quotas) => Promise<boolean>): Promise<void>;
    forgetBelow(child: string): Promise<void>;
  };
}

export class Outbox implements AlarmTask {
  readonly #parts: Parts;
  /** The targets of the jobs that are under way. */
  readonly #underWay = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  tokenChanged(token: number): void {
    this.#notify(this.#parts.watches.addTokenNotices(token));
  }

  tokenRemoved(token: number): void {
    this.#notify(this.#parts.watches.addLastTokenNotices(token));
  }

  policyChanged(name: string): void {
    this.#notify(this.#parts.watches.addPolicyNotices(name));
  }

  add(job: Job): void {
    this.#parts.jobs.add(job, Date.now());
  }

  /**
   * Attempts the jobs that are due. While one is under way, it is due again only at the longest back-off: if this object
   * ends before the job does, the alarm finds it.
   */
  send(): void {
    const { ctx, alarms, jobs } = this.#parts;
    const now = Date.now();
    const due = jobs
      .takeDue(now, now + MAX_JOB_BACKOFF_MS)
      .filter(({ job }) => !this.#underWay.has(keyOf(job)));
    for (const { job } of due) this.#underWay.add(keyOf(job));
    alarms.arm();
    if (due.length > 0) ctx.waitUntil(this.#attemptAll(due));
  }

  nextDue(): number {
    return this.#parts.jobs.nextDue();
  }

  run(): void {
    this.send();
  }

  #notify(hubs: readonly string[]): void {
    for (const hub of hubs) this.add({ kind: 'notify', hub });
  }

  async #attemptAll(due: readonly StoredJob[]): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let job = due[next++]; job !== undefined; job = due[next++]) await this.#attempt(job);
    };
    await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT_JOBS, due.length) }, worker));
  }

  async #attempt(first: StoredJob): Promise<void> {
    const { lifecycle, jobs, alarms } = this.#parts;
    let current: StoredJob | undefined = first;
    try {
      while (current !== undefined) {
        await this.#do(current.job);
        // A job that was added again meanwhile is done again.
        current = lifecycle.hasTables && !jobs.remove(current) ? jobs.get(current.job) : undefined;
      }
    } catch (error) {
      // If it was added again meanwhile, no attempt of the new one has failed before.
      const failed = lifecycle.hasTables ? jobs.get(first.job) : undefined;
      if (failed === undefined) return;
      const { job, attempts } = failed;
      logError(`${job.kind} ${targetOf(job)} failed, to be tried again`, error);
      const backoffMs = jobBackoffMs(attempts, MAX_JOB_BACKOFF_MS);
      jobs.postpone(job, attempts + 1, Date.now() + backoffMs);
      alarms.arm();
    } finally {
      this.#underWay.delete(keyOf(first.job));
    }
  }

  async #do(job: Job): Promise<void> {
    const { env, namespace } = this.#parts;
    switch (job.kind) {
      case 'notify':
        return this.#pushTo(job.hub);
      case 'quotas':
        return this.#tellQuotas(job.hub);
      case 'quotas_below':
        return callAuthority(env, job.namespace, (authority) =>
          authority.setQuotasAbove(this.#parts.quotas().list.all),
        );
      case 'revoke': {
        const parent = foreignTokenName(job.parent, namespace);
        return callAuthority(env, job.namespace, (authority) =>
          authority.revokeForeignChildren(parent),
        );
      }
      case 'wipe':
        return this.#wipe(job.namespace);
    }
  }

  async #tellQuotas(hub: string): Promise<void> {
    const { env, lifecycle, quotas } = this.#parts;
    lifecycle.assertOpen();
    await quotas().tell(hub, async (list) => {
      const isStored = await callSubscriberHub(env, hub, (stub) => stub.setQuotas(list));
      lifecycle.assertOpen();
      return isStored;
    });
  }

  async #wipe(namespace: string): Promise<void> {
    const { env, lifecycle, quotas } = this.#parts;
    await callAuthority(env, namespace, (authority) => authority.wipe());
    lifecycle.assertOpen();
    await quotas().forgetBelow(namespace);
  }

  /** A hub that returns from `authorityChanged` has pulled what there was before the call. */
  async #pushTo(hub: string): Promise<void> {
    const { env, namespace, lifecycle, watches } = this.#parts;
    lifecycle.assertOpen();
    const before = watches.lastSequence();
    const isWatching = await callSubscriberHub(env, hub, (stub) =>
      stub.authorityChanged(namespace),
    );
    lifecycle.assertOpen();
    if (isWatching) watches.acknowledge(hub, before);
    else watches.unwatchAll(hub, before);
  }
}

function keyOf(job: Job): string {
  return `${job.kind} ${targetOf(job)}`;
}
