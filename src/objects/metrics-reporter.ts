/**
 * Reports the metrics of a hub, a replica, an authority or a destination to the metrics object, at most once in `REPORT_INTERVAL_MS`. There is no
 * timer: an object reports when it has done something, so a report neither wakes it nor keeps it awake. What it counts
 * between its last report and its sleep is lost.
 */

import { log } from '../lib/log.ts';
import { REPORT_INTERVAL_MS } from '../metrics/limits.ts';
import type { Values } from '../metrics/metric.ts';
import { type Report, withoutZeros } from '../metrics/reports.ts';
import { hasMetrics } from './metrics-contract.ts';
import { subscriberHubOfObject } from './names.ts';
import { messageOf } from './storage-failure.ts';
import { callMetrics } from './stubs.ts';

export interface MetricsSource {
  readonly kind: Report['kind'];
  /** What was counted since the object woke. */
  counts(): Values;
  /** What the state is; undefined if nothing is stored. */
  state(): Values | undefined | Promise<Values | undefined>;
  /** State of regions or shards. A 0 is reported, too: it says that there is one. */
  regions?(): Values;
}

export class MetricsReporter {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #source: MetricsSource;
  readonly #life = crypto.randomUUID();
  /** When the last report was made; Infinity if none is ever made. */
  #reportedAt: number;

  constructor(ctx: DurableObjectState, env: Env, source: MetricsSource) {
    this.#ctx = ctx;
    this.#env = env;
    this.#source = source;
    this.#reportedAt = hasMetrics(env) ? 0 : Number.POSITIVE_INFINITY;
  }

  get #hasEnded(): boolean {
    return this.#reportedAt === Number.POSITIVE_INFINITY;
  }

  /** To be called whenever the object has done something. */
  worked(): void {
    const now = Date.now();
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    this.#ctx.waitUntil(this.#report());
  }

  /** To be called when everything that the object had stored is deleted. It reports nothing afterwards. */
  ended(): void {
    if (!hasMetrics(this.#env)) return;
    this.#reportedAt = Number.POSITIVE_INFINITY;
    this.#ctx.waitUntil(this.#reportEnd());
  }

  async #reportEnd(): Promise<void> {
    try {
      await this.#send({ counts: {}, state: {}, ended: true });
    } catch (error) {
      log('warn', { warning: 'metrics could not be removed', cause: messageOf(error) });
    }
  }

  /** No request waits for it. If a report fails, the next one has all that it had. */
  async #report(): Promise<void> {
    try {
      // The answer to the call does not wait until everything is counted.
      await scheduler.wait(0);
      const state = await this.#source.state();
      if (state === undefined || this.#hasEnded) return;
      await this.#send({
        counts: withoutZeros(this.#source.counts()),
        state: { ...withoutZeros(state), ...this.#source.regions?.() },
      });
    } catch (error) {
      log('warn', { warning: 'metrics could not be reported', cause: messageOf(error) });
    }
  }

  async #send(values: Pick<Report, 'counts' | 'state' | 'ended'>): Promise<void> {
    const { kind } = this.#source;
    const { name } = this.#ctx.id;
    const source = kind === 'destination' ? (name ?? '') : subscriberHubOfObject(name);
    const report: Report = { format: 1, kind, source, life: this.#life, ...values };
    await callMetrics(this.#env, (metrics) => metrics.report(report));
  }
}
