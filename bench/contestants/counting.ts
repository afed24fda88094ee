/**
 * Carillon, and a count of what the platform charges for: calls to objects, rows that they write, and bytes of the log
 * of requests, which is on.
 */
import worker, {
  Authority as RealAuthority,
  Hub as RealHub,
  WildcardHub as RealWildcardHub,
} from '../../src/worker.ts';

/** Shared by the Worker and its objects: workerd runs them in one isolate. */
const counts = { calls: 0, rows: 0, logBytes: 0 };

const encoder = new TextEncoder();
console.log = (line: string) => {
  counts.logBytes += encoder.encode(line).byteLength;
};

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx), countingCalls(env));
  }

  databaseSize(): number {
    return this.ctx.storage.sql.databaseSize;
  }
}

export class WildcardHub extends RealWildcardHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx), countingCalls(env));
  }
}

export class Authority extends RealAuthority {
  constructor(ctx: DurableObjectState, env: Env) {
    super(countingRows(ctx), countingCalls(env));
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
    return worker.fetch(request, countingCalls(env), ctx);
  },
} satisfies ExportedHandler<Env>;

/** Its storage counts from now on. An alarm that is set and a key that is put or deleted are rows, too. */
function countingRows(ctx: DurableObjectState): DurableObjectState {
  const { storage } = ctx;
  const exec = storage.sql.exec.bind(storage.sql);
  replace(storage.sql, 'exec', (...args: Parameters<typeof exec>) => {
    const cursor = exec(...args);
    counts.rows += cursor.rowsWritten;
    return cursor;
  });
  const put = storage.kv.put.bind(storage.kv);
  replace(storage.kv, 'put', (...args: Parameters<typeof put>) => {
    counts.rows++;
    put(...args);
  });
  const remove = storage.kv.delete.bind(storage.kv);
  replace(storage.kv, 'delete', (...args: Parameters<typeof remove>) => {
    const was = remove(...args);
    if (was) counts.rows++;
    return was;
  });
  const setAlarm = storage.setAlarm.bind(storage);
  replace(storage, 'setAlarm', (...args: Parameters<typeof setAlarm>) => {
    counts.rows++;
    return setAlarm(...args);
  });
  return ctx;
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, value });
}

const counting = new WeakMap<Env, Env>();

/** The same bindings; what is called on their objects is counted. */
function countingCalls(env: Env): Env {
  let known = counting.get(env);
  if (known === undefined) {
    known = {
      ...env,
      AUTHORITY: countingNamespace(env.AUTHORITY),
      HUB: countingNamespace(env.HUB),
      WILDCARD_HUB: countingNamespace(env.WILDCARD_HUB),
      REGION_HEAD: countingNamespace(env.REGION_HEAD),
      SHARD: countingNamespace(env.SHARD),
      RESTORATION: countingNamespace(env.RESTORATION),
      REQUEST_LOG: 'on',
    };
    counting.set(env, known);
  }
  return known;
}

function countingNamespace<T extends DurableObjectNamespace>(namespace: T): T {
  const getByName = (...args: Parameters<T['getByName']>) => {
    const [name, options] = args;
    return countingStub(namespace.getByName(name, options));
  };
  return new Proxy(namespace, {
    get: (target, key) => (key === 'getByName' ? getByName : Reflect.get(target, key)),
  });
}

function countingStub(stub: DurableObjectStub): DurableObjectStub {
  return new Proxy(stub, {
    get: (target, key) => {
      const methods = target as unknown as Record<string | symbol, (...args: unknown[]) => unknown>;
      if (typeof methods[key] !== 'function') return methods[key];
      return (...args: unknown[]) => {
        counts.calls++;
        return methods[key]?.(...args);
      };
    },
  });
}
