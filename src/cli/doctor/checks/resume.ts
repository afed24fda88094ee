/** Whether a subscriber whose connection is cut gets every event once. */
import type { Server } from '../../../client/options.ts';
import { RESUMED_EVENTS } from '../limits.ts';
import { Probe } from '../probe.ts';
import { broken, type Finding, passed } from '../report.ts';
import { publishOne } from '../requests.ts';

const TYPE = 'carillon-doctor/check';

export async function checkResume(server: Server): Promise<Finding> {
  const first = await Probe.open(server, TYPE);
  if (!first.ok) return broken(first.failure.message);
  const published: string[] = [];
  let second: ReturnType<typeof Probe.open> | undefined;
  try {
    for (let sent = 0; sent < RESUMED_EVENTS; sent++) {
      // What is on its way then is lost with the connection.
      if (sent === RESUMED_EVENTS / 3) first.value.cut();
      if (sent === (RESUMED_EVENTS * 2) / 3) second = Probe.open(server, TYPE, first.value.cursor);
      const event = await publishOne(server, TYPE);
      if (!event.ok) return broken(event.failure.message);
      published.push(event.value);
    }
    const resumed = await second;
    if (resumed?.ok !== true) return broken(resumed?.failure.message ?? 'no second connection');
    const { value: probe } = resumed;
    await probe.until(() => probe.received.at(-1)?.id === published.at(-1));
    const got = [...first.value.received, ...probe.received].map(({ id }) => id);
    return compare(published, got, first.value.received.length);
  } finally {
    first.value.cut();
    const resumed = await second;
    if (resumed?.ok === true) resumed.value.cut();
  }
}

function compare(published: readonly string[], got: readonly string[], before: number): Finding {
  const lost = published.filter((id) => !got.includes(id)).length;
  const doubled = got.length - new Set(got).size;
  const counted = `${published.length} events over a cut connection, ${before} of them before it`;
  if (lost > 0 || doubled > 0) return broken(`${counted}: ${lost} lost, ${doubled} twice`);
  return published.every((id, index) => id === got[index])
    ? passed(`${counted}: none lost, none twice, all in order`)
    : broken(`${counted}: not in the order in which they were published`);
}
