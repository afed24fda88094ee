/** A Carillon whose journal retains another number of events, and one whose journal is full of them. */
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import type { Context } from '../context.ts';
import { faultsOf } from '../measure/row.ts';
import type { Side } from './side.ts';
import { Incapable, Stage } from './stage.ts';

const MAX_EVENTS = /^JOURNAL_MAX_EVENTS = .*$/m;
const BATCH = 500;

/** @throws Error where it has no such setting */
export function retaining(bundle: Bundle, events: number): Bundle {
  if (!MAX_EVENTS.test(bundle.config)) throw new Error('wrangler.toml sets no JOURNAL_MAX_EVENTS');
  const config = bundle.config.replace(MAX_EVENTS, `JOURNAL_MAX_EVENTS = "${events}"`);
  return { ...bundle, config };
}

/**
 * Starts the server and publishes so many events, all of which it retains.
 *
 * @throws Incapable
 */
export async function openRetaining(context: Context, side: Side, events: number): Promise<Stage> {
  const stage = await Stage.open(context, { ...side, bundle: bundleRetaining(side, events) });
  context.progress(`${side.name}: publishing ${events} events`);
  const pace = { inFlight: 1, requests: events / BATCH };
  const slice = await stage.run({ pace, batch: BATCH });
  const faults = faultsOf({ slices: new Map([[side.name, [slice]]]), dropped: 0 });
  if (faults[0] === undefined) return stage;
  await stage.stop();
  throw new Incapable(side.name, faults[0]);
}

function bundleRetaining(side: Side, events: number): Bundle {
  try {
    if (side.bundle === undefined) throw new Error('it does not run in workerd');
    // A journal lets go of segments: one of so many events may retain fewer.
    return retaining(side.bundle, 2 * events);
  } catch (error) {
    throw new Incapable(side.name, error);
  }
}
