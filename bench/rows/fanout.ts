/** What does a delivery cost, with one event at a time and with several in flight? */
import type { ConstantName } from '../constants.ts';
import { EVERYBODY } from '../contestants/carillon.ts';
import { type Pace, type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { interleave, ratio } from '../measure/pairs.ts';
import { cpuOf, detailsOf, faultsOf, type Row } from '../measure/row.ts';

const SOCKETS = 1000;
const PAIRS = 6;
/** For a load, at most, however busy the machine is. */
const QUICK_SECONDS = 7;
const WHOLE_SECONDS = 60;

interface Load {
  readonly name: string;
  readonly load: string;
  readonly inFlight: number;
  readonly protocol: 'stock' | 'carillon.v1';
  readonly atMost: number;
  readonly constant?: ConstantName;
  /** Requests of a slice, in a whole run and in a quick one. */
  readonly requests: number;
  readonly quickRequests: number;
}

const LOADS: readonly Load[] = [
  {
    name: 'fanout/1',
    load: 'one event at a time',
    inFlight: 1,
    protocol: 'stock',
    atMost: 1.05,
    constant: 'deliveryMicroseconds',
    requests: 30,
    quickRequests: 10,
  },
  {
    name: 'fanout/4',
    load: '4 publishes in flight, stock frames',
    inFlight: 4,
    protocol: 'stock',
    atMost: 0.55,
    requests: 48,
    quickRequests: 16,
  },
  {
    name: 'fanout/16',
    load: '16 publishes in flight, stock frames',
    inFlight: 16,
    protocol: 'stock',
    atMost: 0.4,
    constant: 'busyDeliveryMicroseconds',
    requests: 96,
    quickRequests: 32,
  },
  {
    name: 'fanout/16-v1',
    load: '16 publishes in flight, carillon.v1',
    inFlight: 16,
    protocol: 'carillon.v1',
    atMost: 0.11,
    constant: 'framedDeliveryMicroseconds',
    requests: 256,
    quickRequests: 108,
  },
];

/** A baseline that is no Carillon gains nothing from more in flight, and needs no more to be measured. */
const BASELINE_REQUESTS = { whole: 32, quick: 16 };

export async function* fanout(context: Context): AsyncGenerator<Row> {
  const { carillon, baseline, others, quick } = context;
  const subscribers = { sockets: SOCKETS, classes: EVERYBODY };
  const stock = { ...subscribers, protocol: 'stock' } as const;
  const v1 = { ...subscribers, protocol: 'carillon.v1' } as const;
  const isCompared = baseline.kind === 'carillon';
  const stages: Stage[] = [];
  const open = async (...of: Parameters<typeof Stage.open>) => {
    const stage = await Stage.open(...of);
    stages.push(stage);
    return stage;
  };
  try {
    const ours = {
      stock: await open(context, carillon, stock),
      'carillon.v1': await open(context, carillon, v1),
    };
    const base = await open(context, baseline, stock);
    const bases = {
      stock: base,
      'carillon.v1': isCompared ? await open(context, baseline, v1) : base,
    };
    const beside: Stage[] = [];
    for (const other of others) beside.push(await open(context, other, stock));

    for (const load of LOADS) {
      const { inFlight, protocol } = load;
      const requests = quick ? load.quickRequests : load.requests;
      const paceOf = (requests: number): Pace => ({
        pace: { inFlight, requests },
        alone: inFlight === 1,
      });
      const pace = paceOf(requests);
      const basePace = isCompared
        ? pace
        : paceOf(Math.min(requests, BASELINE_REQUESTS[quick ? 'quick' : 'whole']));
      const contestants = [
        { name: carillon.name, slice: () => ours[protocol].run(pace) },
        { name: baseline.name, slice: () => bases[protocol].run(basePace) },
        ...(inFlight === 1
          ? beside.map((stage) => ({ name: stage.name, slice: () => stage.run(pace) }))
          : []),
      ];
      context.progress(`${load.name}: warming up`);
      for (const { slice } of contestants) await slice();
      const rounds = await interleave(contestants, {
        rounds: PAIRS,
        maxSeconds: quick ? QUICK_SECONDS : WHOLE_SECONDS,
        progress: (text) => context.progress(`${load.name}: ${text}`),
      });
      yield {
        name: load.name,
        load: load.load,
        value: ratio(rounds, carillon.name, baseline.name, perDelivery),
        unit: `× ${baseline.name}`,
        target: isCompared ? undefined : { atMost: load.atMost },
        measurements: rounds.slices.get(carillon.name)?.length ?? 0,
        dropped: rounds.dropped,
        details: detailsOf(rounds, 'a delivery', ({ deliveries }) => deliveries),
        faults: faultsOf(rounds),
        ...(load.constant && {
          constants: {
            [load.constant]: cpuOf(rounds, carillon.name, ({ deliveries }) => deliveries),
          },
        }),
      };
    }
  } finally {
    for (const stage of stages) await stage.stop();
  }
}

function perDelivery({ cpuMicroseconds, deliveries }: Slice): number {
  return cpuMicroseconds / deliveries;
}
