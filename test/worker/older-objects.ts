/** Objects that run the release before this one, in the storage and with the sockets of the present ones. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import * as before from 'virtual:release-before';
import { vi } from 'vitest';
import { Hub, WildcardHub } from '../../src/worker.ts';

/** The present class, and the same of the release before. */
const CLASSES = {
  Hub: [Hub, before.Hub],
  WildcardHub: [WildcardHub, before.WildcardHub],
} as const;

type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * The objects of these classes run the release before, until they are woken by the present one. It answers what the
 * Worker and other objects ask of them, and writes rows, tags and attachments as it did.
 */
export function runReleaseBefore(...classes: readonly (keyof typeof CLASSES)[]): void {
  for (const [Present, Before] of classes.map((name) => CLASSES[name])) {
    const older = new WeakMap<object, Methods>();
    const olderOf = (object: object): Methods => {
      const { ctx, env } = object as { ctx: DurableObjectState; env: Env };
      const made = older.get(object) ?? (new Before(ctx, env) as Methods);
      older.set(object, made);
      return made;
    };
    const prototype = Present.prototype as unknown as Methods;
    const known = new Set(Object.getOwnPropertyNames(Before.prototype));
    for (const method of Object.getOwnPropertyNames(prototype)) {
      if (method === 'constructor') continue;
      vi.spyOn(prototype, method).mockImplementation(function (this: object, ...args) {
        if (known.has(method)) return olderOf(this)[method]?.(...args);
        throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
      });
    }
  }
}

/** The present release is deployed: these objects sleep, and wake with its code. */
export async function deploy(...objects: readonly DurableObjectStub[]): Promise<void> {
  vi.restoreAllMocks();
  await wake(...objects);
}

/** Objects sleep, and wake again. */
export async function wake(...objects: readonly DurableObjectStub[]): Promise<void> {
  for (const object of objects) {
    await evictDurableObject(object);
    // One that sleeps at the end of a test would not be emptied.
    await runInDurableObject(object, () => undefined);
  }
}
