/** Is a shorter frame cheaper to send? Protobuf frames are, and the raw loop has none. */
import { FRAME_BYTES } from '../contestants/carillon.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { MARK } from '../load/protocol.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';

const SOCKETS = 1000;
const PAIRS = 6;
const REQUESTS = { whole: 16, quick: 10 };
/** The event of the other rows, as protobuf. */
const SHORT_BYTES = 335;

export async function* bytes(context: Context): AsyncGenerator<Row> {
  const { baseline, quick } = context;
  const [short, long] = [frameOf(SHORT_BYTES), frameOf(FRAME_BYTES)];
  const stage = await Stage.open(context, baseline, {
    sockets: SOCKETS,
    classes: [],
    protocol: 'stock',
  });
  try {
    const pace = {
      pace: { inFlight: 1, requests: REQUESTS[quick ? 'quick' : 'whole'] },
      alone: true,
    };
    const contestants = [
      { name: `${short.length} bytes`, slice: () => stage.run({ ...pace, template: short }) },
      { name: `${long.length} bytes`, slice: () => stage.run({ ...pace, template: long }) },
    ];
    context.progress('bytes: warming up');
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: quick ? 20 : 40,
      progress: (text) => context.progress(`bytes: ${text}`),
    });
    yield {
      name: `bytes/${SHORT_BYTES}`,
      load: `raw loop, frames of ${short.length} bytes`,
      value: ratio(rounds, `${short.length} bytes`, `${long.length} bytes`, perDelivery),
      unit: `× ${long.length} bytes`,
      measurements: rounds.slices.get(`${short.length} bytes`)?.length ?? 0,
      dropped: rounds.dropped,
      details: detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
      faults: faultsOf(rounds),
    };
  } finally {
    await stage.stop();
  }
}

/** The raw loop looks at nothing. */
function frameOf(bytes: number): string {
  return MARK.padEnd(bytes, 'x');
}

function perDelivery({ cpuMicroseconds, deliveries }: Slice): number {
  return cpuMicroseconds / deliveries;
}
