/**
 * Carillon, and a count of what the platform charges for: calls to objects, rows that they write, and bytes of the log
 * of requests, which is on. An alarm of a dispatcher or a destination counts as a call that it makes: it is a request, too.
 */
import worker, {
  Authority as RealAuthority,
  Destination as RealDestination,
  Dispatcher as RealDispatcher,
  Hub as RealHub,
  RegionHead as RealRegionHead,
  Shard as RealShard,
  WildcardHub as RealWildcardHub,
} from '../../src/worker.ts';
import type { Counted } from '../measure/counted.ts';
import { received } from './received.ts';
import { setShards } from './set-shards.ts';

export { Metrics, Restoration } from '../../src/worker.ts';

/** Shared by the Worker and its objects: workerd runs them in one isolate. */
const counts = { calls: 0, rows: 0, logBytes: 0, callsOf: ofAll(), rowsOf: ofAll() };

function ofAll(): Record<Counted, number> {
  return {
    Worker: 0,
    Hub: 0,
    WildcardHub: 0,
    RegionHead: 0,
    Shard: 0,
    Authority: 0,
    Dispatcher: 0,
    Destination: 0,
  };
}

const encoder = new TextEncoder();
console.log = (line: string) => {
  counts.logBytes += encoder.encode(line).byteLength;
};

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'Hub'), countingCalls(env, 'Hub'));
  }

  databaseSize(): number {
    return this.ctx.storage.sql.databaseSize;
  }
}

export class WildcardHub extends RealWildcardHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'WildcardHub'), countingCalls(env, 'WildcardHub'));
  }
}

export class RegionHead extends RealRegionHead {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'RegionHead'), countingCalls(env, 'RegionHead'));
  }
}

export class Shard extends RealShard {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'Shard'), countingCalls(env, 'Shard'));
  }
}

export class Authority extends RealAuthority {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'Authority'), countingCalls(env, 'Authority'));
  }
}

export class Dispatcher extends RealDispatcher {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'Dispatcher'), countingCalls(env, 'Dispatcher'));
  }

  override async alarm(): Promise<void> {
    countCall('Dispatcher');
    await super.alarm();
  }
}

export class Destination extends RealDestination {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx, 'Destination'), countingCalls(env, 'Destination'));
  }

  override async alarm(): Promise<void> {
    countCall('Destination');
    await super.alarm();
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === '/counts') return Response.json(counts);
    if (pathname === '/size') {
      const hub = env.HUB.getByName('/bench') as unknown as DurableObjectStub<Hub>;
      return Response.json(await hub.databaseSize());
    }
    if (pathname === '/shards') return setShards(request, env);
    if (pathname === '/received') return received(env);
    return worker.fetch(request, countingCalls(env, 'Worker'), ctx);
  },
} satisfies ExportedHandler<Env>;

/** Its storage counts from now on. An alarm that is set and a key that is put or deleted are rows, too. */
function countingRows(ctx: DurableObjectState, whose: Counted): DurableObjectState {
  const { storage } = ctx;
  const count = (rows: number) => {
    counts.rows += rows;
    counts.rowsOf[whose] += rows;
  };
  const exec = storage.sql.exec.bind(storage.sql);
  replace(storage.sql, 'exec', (...args: Parameters<typeof exec>) => {
    const cursor = exec(...args);
    count(cursor.rowsWritten);
    return cursor;
  });
  const put = storage.kv.put.bind(storage.kv);
  replace(storage.kv, 'put', (...args: Parameters<typeof put>) => {
    count(1);
    put(...args);
  });
  const remove = storage.kv.delete.bind(storage.kv);
  replace(storage.kv, 'delete', (...args: Parameters<typeof remove>) => {
    const was = remove(...args);
    if (was) count(1);
    return was;
  });
  const setAlarm = storage.setAlarm.bind(storage);
  replace(storage, 'setAlarm', (...args: Parameters<typeof setAlarm>) => {
    count(1);
    return setAlarm(...args);
  });
  return ctx;
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, value });
}

function countCall(who: Counted): void {
  counts.calls++;
  counts.callsOf[who]++;
}

const counting = new Map<Counted, WeakMap<Env, Env>>();

/** The same bindings; what is called on their objects is counted. */
function countingCalls(env: Env, who: Counted): Env {
  const ofCaller = counting.get(who) ?? new WeakMap<Env, Env>();
  counting.set(who, ofCaller);
  let known = ofCaller.get(env);
  if (known === undefined) {
    const count = () => countCall(who);
    known = {
      ...env,
      AUTHORITY: countingNamespace(env.AUTHORITY, count),
      HUB: countingNamespace(env.HUB, count),
      WILDCARD_HUB: countingNamespace(env.WILDCARD_HUB, count),
      REGION_HEAD: countingNamespace(env.REGION_HEAD, count),
      SHARD: countingNamespace(env.SHARD, count),
      DISPATCHER: countingNamespace(env.DISPATCHER, count),
      DESTINATION: countingNamespace(env.DESTINATION, count),
      RESTORATION: countingNamespace(env.RESTORATION, count),
      REQUEST_LOG: 'on',
    };
    ofCaller.set(env, known);
  }
  return known;
}

function countingNamespace<T extends DurableObjectNamespace>(namespace: T, count: () => void): T {
  const getByName = (...args: Parameters<T['getByName']>) => {
    const [name, options] = args;
    return countingStub(namespace.getByName(name, options), count);
  };
  return new Proxy(namespace, {
    get: (target, key) => (key === 'getByName' ? getByName : Reflect.get(target, key)),
  });
}

function countingStub(stub: DurableObjectStub, count: () => void): DurableObjectStub {
  return new Proxy(stub, {
    get: (target, key) => {
      const methods = target as unknown as Record<string | symbol, (...args: unknown[]) => unknown>;
      if (typeof methods[key] !== 'function') return methods[key];
      return (...args: unknown[]) => {
        count();
        return methods[key]?.(...args);
      };
    },
  });
}
