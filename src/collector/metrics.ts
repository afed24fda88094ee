/**
 * The metrics object: it adds up what hubs and authorities report. `MetricsContract` says what each method is for. There is
 * one, and no event waits for it.
 *
 * A report is stored at most a minute later: reports that arrive within a minute are written together, in few rows.
 */

import { DurableObject } from 'cloudflare:workers';
import { isWithinShare } from '../lib/fair-share.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { type Dataset, type DatasetBinding, hubPoint } from '../metrics/data-point.ts';
import { MAX_REPORT_AGE_MS, MAX_REPORTED_SOURCES, REPORT_INTERVAL_MS } from '../metrics/limits.ts';
import { addReport, type KnownSource, type Report } from '../metrics/reports.ts';
import { isWithin, ROOT } from '../namespace/namespace.ts';
import type { MetricsContract, MetricsReading } from '../objects/metrics-contract.ts';
import { labelsOf, namespaceKeyOf } from '../objects/reported-source.ts';
import { StoredSources } from './stored-sources.ts';

export class Metrics extends DurableObject<Env> implements MetricsContract {
  readonly #sources: StoredSources;
  readonly #dataset: Dataset | undefined;
  /** When the sources were last stored. Unix milliseconds. */
  #storedAt = 0;
  #isAlarmSet = false;
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
    if (known === undefined && !this.#hasRoomFor(report, now)) {
      this.#dropped++;
      return;
    }
    const added = addReport(known, report, now);
    this.#sources.set(added);
    if (added.kind === 'hub') this.#dataset?.writeDataPoint(hubPoint(added, labelsOf(added)));
    this.#storeSoon(now);
  }

  read(namespaceKey: string): MetricsReading {
    const at = Date.now();
    const sources = this.#recent(at).filter((each) => isWithin(namespaceKeyOf(each), namespaceKey));
    return { at, sources, dropped: namespaceKey === ROOT ? this.#dropped : 0 };
  }

  override alarm(): void {
    this.#isAlarmSet = false;
    this.#store(Date.now());
  }

  #recent(now: number): KnownSource[] {
    return this.#sources.all().filter(({ reportedAt }) => now - reportedAt < MAX_REPORT_AGE_MS);
  }

  /** Forgets the sources that are not shown any more, and looks for room then. */
  #hasRoomFor(report: Report, now: number): boolean {
    const recent = this.#recent(now);
    this.#sources.retain(recent);
    const namespace = namespaceKeyOf(report);
    return isWithinShare(
      1,
      recent.length,
      MAX_REPORTED_SOURCES,
      () => recent.filter((each) => namespaceKeyOf(each) === namespace).length,
    );
  }

  /** The object may be evicted a minute after its last call, so what is not stored at once is stored by alarm. */
  #storeSoon(now: number): void {
    if (now - this.#storedAt >= REPORT_INTERVAL_MS) this.#store(now);
    else if (!this.#isAlarmSet) {
      this.#isAlarmSet = true;
      this.ctx.waitUntil(this.ctx.storage.setAlarm(this.#storedAt + REPORT_INTERVAL_MS));
    }
  }

  #store(now: number): void {
    this.#storedAt = now;
    this.#sources.store();
  }
}
