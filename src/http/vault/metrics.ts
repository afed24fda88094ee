/**
 * `GET /v1/sys/metrics`, as Vault has it, and the same at `/v1/sys/events/metrics`: with an upstream, the first path is
 * that of the upstream. A token of a namespace sees the metrics of this namespace and of those below.
 */

import { quote } from '../../lib/quote.ts';
import { invalid } from '../../lib/result.ts';
import { familiesOf, type LabelledSource } from '../../metrics/families.ts';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../../metrics/prometheus.ts';
import { type KnownSource, valuesOf } from '../../metrics/reports.ts';
import { metricsSummary } from '../../metrics/summary.ts';
import { hasMetrics } from '../../objects/metrics-contract.ts';
import { labelsOf } from '../../objects/reported-source.ts';
import { callMetrics } from '../../objects/stubs.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { json, refuse } from '../respond.ts';

export const METRICS_ENDPOINTS: Endpoints = {
  'sys/metrics': { read: readMetrics },
  'sys/events/metrics': { read: readMetrics },
};

const PROMETHEUS = 'prometheus';

async function readMetrics(call: Call): Promise<Response> {
  const {
    env,
    var: { namespace, query },
  } = call;
  const format = query.get('format') || formatAccepted(call.req.raw.headers);
  if (format !== '' && format !== PROMETHEUS) {
    return refuse(
      invalid(
        `metric response format ${quote(format)} unknown; give format=${PROMETHEUS}, or leave it out for JSON`,
      ).failure,
    );
  }
  if (!hasMetrics(env)) {
    return refuse(
      invalid('this server has no metrics, because wrangler.toml lacks the binding METRICS')
        .failure,
    );
  }
  const { at, sources, dropped } = await callMetrics(env, (metrics) => metrics.read(namespace));
  const families = familiesOf(labelled(sources, at), dropped, at);
  if (format === '') return json(200, metricsSummary(families, at));
  return new Response(prometheusText(families), {
    headers: { 'Content-Type': PROMETHEUS_CONTENT_TYPE, 'Cache-Control': 'no-store' },
  });
}

/** A namespace that was created again has the path of the one before: only what reported last is shown. */
function labelled(sources: readonly KnownSource[], now: number): LabelledSource[] {
  const oldestFirst = [...sources].sort((a, b) => a.reportedAt - b.reportedAt);
  const byName = new Map<string, LabelledSource>();
  for (const source of oldestFirst) {
    const { kind, reportedAt, gained, gainedInMs } = source;
    const labels = labelsOf(source);
    const ageMs = Math.max(now - reportedAt, 0);
    const values = valuesOf(source);
    const { namespace, hub, region, shard } = labels;
    const name = JSON.stringify([namespace, kind, hub, region, shard]);
    byName.set(name, { kind, labels, ageMs, values, gained, gainedInMs });
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
}

/** As in Vault: what scrapers accept asks for their format. */
function formatAccepted(headers: Headers): string {
  const accepted = headers.get('accept') ?? '';
  const isScraper =
    accepted.startsWith('application/openmetrics-text') ||
    accepted.includes('prometheus/telemetry');
  return isScraper ? PROMETHEUS : '';
}
