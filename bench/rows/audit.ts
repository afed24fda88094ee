/**
 * How long does a request wait that OpenBao audits here? Entries as its device writes them, of which one in ten
 * becomes an event, come whether or not the ones before were answered.
 */
import { makeAuditSource } from '../contestants/carillon.ts';
import { Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import { MARK } from '../load/protocol.ts';
import { interleave } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';
import { recorded } from '../recorded.ts';

const PER_SECOND = 500;
const SECONDS = { whole: 10, quick: 4 };
const ROUNDS = { whole: 6, quick: 3 };

export async function* audit(context: Context): AsyncGenerator<Row> {
  const { carillon } = context;
  const size = context.quick ? 'quick' : 'whole';
  const stage = await Stage.open(context, carillon);
  try {
    const path = await makeAuditSource(stage.server, 'bench', stage.token);
    const [template, noise] = [recorded('update', MARK), recorded('read', MARK)];
    const pace = { perSecond: PER_SECOND, requests: PER_SECOND * SECONDS[size] };
    context.progress('audit: warming up');
    await stage.run({ path, template, noise, pace: { inFlight: 8, requests: 500 } });
    const rounds = await interleave(
      [{ name: carillon.name, slice: () => stage.run({ path, template, noise, pace }) }],
      {
        rounds: ROUNDS[size],
        maxSeconds: context.quick ? 30 : 90,
        progress: (text) => context.progress(`audit: ${text}`),
      },
    );
    const slices = rounds.slices.get(carillon.name) ?? [];
    yield {
      name: 'audit/answer',
      load: `${PER_SECOND} audit entries a second, one in ten an event, p99 of the answer`,
      value: spread(slices.map(({ latency }) => latency.p99)),
      unit: 'ms',
      measurements: slices.length,
      dropped: rounds.dropped,
      details: detailsOf(rounds, 'an entry', ({ requests }) => requests),
      faults: faultsOf(rounds),
    };
  } finally {
    await stage.stop();
  }
}
