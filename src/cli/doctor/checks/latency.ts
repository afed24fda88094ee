/** How long an event takes from here, through the server, back to here. */
import type { Server } from '../../../client/options.ts';
import { LATENCY_EVENTS } from '../limits.ts';
import { Probe } from '../probe.ts';
import { broken, type Finding, passed } from '../report.ts';
import { publishOne } from '../requests.ts';

const TYPE = 'carillon-doctor/check';

export async function checkLatency(server: Server): Promise<Finding> {
  const opened = await Probe.open(server, TYPE);
  if (!opened.ok) return broken(opened.failure.message);
  const probe = opened.value;
  try {
    const times: number[] = [];
    for (let sent = 0; sent < LATENCY_EVENTS; sent++) {
      const before = performance.now();
      const published = await publishOne(server, TYPE);
      if (!published.ok) return broken(published.failure.message);
      const find = () => probe.received.find(({ id }) => id === published.value);
      await probe.until(() => find() !== undefined);
      const event = find();
      if (event === undefined) return broken(`event ${sent + 1} was accepted and did not arrive`);
      times.push(event.at - before);
    }
    times.sort((a, b) => a - b);
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    return passed(
      `from publishing to receiving p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, of ${times.length} events`,
      { p50_ms: p50, p99_ms: p99 },
    );
  } finally {
    probe.cut();
  }
}

/** @param sorted not empty */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}
