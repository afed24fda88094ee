/**
 * The metrics object: it adds up what hubs, their replicas, authorities and destinations report. `MetricsContract` says what each method is
 * for. There is one, and no event waits for it.
 *
 * A report is stored at once, or together with those that arrive within `STORE_INTERVAL_MS`, in few rows. Until then a
 * timer keeps the object in memory: after 10 s without work it is evicted, and has only what it has stored.
 */

import { DurableObject } from 'cloudflare:workers';
import { isWithinShare } from '../lib/fair-share.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { type Dataset, type DatasetBinding, hubPoint } from '../metrics/data-point.ts';
import { MAX_REPORT_AGE_MS, MAX_REPORTED_SOURCES, STORE_INTERVAL_MS } from '../metrics/limits.ts';
import { addReport, type KnownSource, type Report } from '../metrics/reports.ts';
import { isWithin, ROOT } from '../namespace/namespace.ts';
import type { MetricsContract, MetricsReading } from '../objects/metrics-contract.ts';
import { labelsOf, namespaceKeyOf, shareOf } from '../objects/reported-source.ts';
import { StoredSources } from './stored-sources.ts';

export class Metrics extends DurableObject<Env> implements MetricsContract {
  readonly #sources: StoredSources;
  readonly #dataset: Dataset | undefined;
  /** When the sources were last stored. Unix milliseconds. */
  #storedAt = 0;
  #willStore = false;
  #dropped = 0;

  constructor(ctx: DurableObjectState, env: Env & DatasetBinding) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#sources = new StoredSources(ctx.storage.kv);
    this.#dataset = env.METRICS_DATASET;
  }

  report(report: Report): void {
    if (report.format !== 1) return;
    const now = Date.now();
    const known = this.#sources.get(report);
    if (report.ended) {
      this.#sources.delete(report);
      this.#storeSoon(now);
      return;
    }
    if (known === undefined && !this.#hasRoomFor(report, now)) {
      this.#dropped++;
      return;
    }
    const added = addReport(known, report, now);
    this.#sources.set(added);
    if (added.kind === 'hub' || added.kind === 'replica') {
      this.#dataset?.writeDataPoint(hubPoint(added, labelsOf(added)));
    }
    this.#storeSoon(now);
  }

  read(namespaceKey: string): MetricsReading {
    const at = Date.now();
    const sources = this.#recent(at).filter((each) => isWithin(namespaceKeyOf(each), namespaceKey));
    return { at, sources, dropped: namespaceKey === ROOT ? this.#dropped : 0 };
  }

  #recent(now: number): KnownSource[] {
    return this.#sources.all().filter(({ reportedAt }) => now - reportedAt < MAX_REPORT_AGE_MS);
  }

  /** Forgets the sources that are not shown any more, and looks for room then. */
  #hasRoomFor(report: Report, now: number): boolean {
    const recent = this.#recent(now);
    this.#sources.retain(recent);
    const share = shareOf(report);
    return isWithinShare(
      1,
      recent.length,
      MAX_REPORTED_SOURCES,
      () => recent.filter((each) => shareOf(each) === share).length,
    );
  }

  #storeSoon(now: number): void {
    if (this.#willStore) return;
    if (now - this.#storedAt >= STORE_INTERVAL_MS) this.#store(now);
    else this.ctx.waitUntil(this.#storeLater());
  }

  async #storeLater(): Promise<void> {
    this.#willStore = true;
    await scheduler.wait(STORE_INTERVAL_MS);
    this.#willStore = false;
    this.#store(Date.now());
  }

  #store(now: number): void {
    this.#storedAt = now;
    this.#sources.store();
  }
}
