/** What a client is told of an error that nothing has caught. The log has the rest. */

import type { Context } from 'hono';
import { logError } from '../../lib/log.ts';
import { ROOT } from '../../namespace/namespace.ts';
import { isMethodMissing } from '../../objects/call.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import type { AppEnv } from '../context.ts';
import { refuse } from '../respond.ts';
import { authoritiesOf, mayBeOfAuthority, storageRefusal } from '../storage-refusal.ts';
import { workerCaches } from '../worker-caches.ts';
import { noNamespace } from './namespace.ts';

export async function answerError(error: Error, c: Context<AppEnv>): Promise<Response> {
  if (isNamespaceDeleted(error)) {
    // Somebody deleted it through another Worker. If it was made again, the next request finds the new one.
    workerCaches.namespaceDeleted();
    return refuse(noNamespace(c));
  }
  if (isMethodMissing(error)) {
    return refuse({
      reason: 'unavailable',
      message: 'another release of this server is being deployed; try again in a minute',
    });
  }
  logError('a request failed', error);
  const refusal = storageRefusal(error);
  if (refusal !== undefined) {
    if (mayBeOfAuthority(error)) {
      const authorities = await authoritiesOf(c.env, c.var.namespacePath ?? ROOT);
      logError(`the storage of an authority fails: ${authorities}`);
    }
    return refuse(refusal);
  }
  return refuse(
    isOfDurableObject(error)
      ? { reason: 'unavailable', message: 'a part of this server cannot be reached; try again' }
      : { reason: 'bug' },
  );
}

/** Whether a call to a Durable Object failed, and not the code of this Worker. */
function isOfDurableObject(
  error: Error & { remote?: boolean; retryable?: boolean; overloaded?: boolean },
): boolean {
  return error.remote === true || error.retryable === true || error.overloaded === true;
}
