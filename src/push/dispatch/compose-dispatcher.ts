/** The parts of a dispatcher, and what each depends on. */

import { Alarms } from '../../objects/alarms.ts';
import { MAX_CONCURRENT_CALLS } from '../../objects/limits.ts';
import { Announcer } from './announcer.ts';
import { CallSlots } from './call-slots.ts';
import { Deletions } from './deletions.ts';
import { Destinations } from './destinations.ts';
import { Forwards } from './forwards.ts';
import { LateCalls } from './late-calls.ts';
import { DispatcherLifecycle } from './lifecycle.ts';
import { Notices } from './notices.ts';
import { QuietDestinations } from './quiet.ts';
import { Registry } from './registry.ts';
import { Turns } from './turns.ts';
import { type Clock, Wakes } from './wakes.ts';

export type DispatcherParts = ReturnType<typeof composeDispatcher>;

const CLOCK: Clock = { now: () => Date.now(), wait: (ms) => scheduler.wait(ms) };

/** @param namespace its key */
export function composeDispatcher(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
  clock: Clock = CLOCK,
) {
  const { sql } = ctx.storage;
  const lifecycle = new DispatcherLifecycle(ctx.storage, namespace);
  const alarms = new Alarms(ctx);
  const base = { ctx, env, sql, namespace, lifecycle, alarms };

  const registry = new Registry(sql, lifecycle);
  const announcer = new Announcer(base);
  const quiet = new QuietDestinations();
  const turns = new Turns();

  const wakes: Wakes = new Wakes({
    ...base,
    slots: new CallSlots(MAX_CONCURRENT_CALLS),
    quiet,
    clock,
    registry,
    late: () => lateWakes,
  });
  const lateWakes = new LateCalls({
    ...base,
    kind: 'wake',
    call: (name, hubs) => wakes.tell(name, hubs),
  });
  const forwards: Forwards = new Forwards({ ...base, late: () => lateForwards });
  const lateForwards = new LateCalls({
    ...base,
    kind: 'forward',
    call: (dispatcher, hubs) => forwards.tellAgain(dispatcher, hubs),
  });

  const shared = { ...base, registry, announcer, quiet, lateWakes, turns };
  const deletions = new Deletions(shared);
  alarms.add(deletions, lateWakes, lateForwards, announcer);
  return {
    lifecycle,
    alarms,
    registry,
    announcer,
    turns,
    destinations: new Destinations({ ...shared, deletions }),
    notices: new Notices({ ...base, registry, wakes, forwards }),
  };
}
