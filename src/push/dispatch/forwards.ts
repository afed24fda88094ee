/** Tells the dispatchers of namespaces above of what hubs of this one have. A call that fails is stored, and repeated. */

import { logError } from '../../lib/log.ts';
import { ancestorsOf } from '../../namespace/namespace.ts';
import { callEach } from '../../objects/call.ts';
import type { Notice } from '../../objects/destination-contract.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import { callDispatcher } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import type { LateCalls } from './late-calls.ts';
import { assertExists, type DispatcherLifecycle } from './lifecycle.ts';
import { MAX_FORWARD_CALL_MS } from './limits.ts';

interface ForwardParts {
  readonly env: Env;
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  /** The calls that are repeated. */
  late(): LateCalls;
}

export class Forwards {
  readonly #parts: ForwardParts;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when those that the notice names have been told, or will be by alarm.
   *
   * @throws if it names one that is not above
   */
  async forward(notice: Notice): Promise<void> {
    const { namespace } = this.#parts;
    const above = ancestorsOf(namespace);
    const others = notice.dispatchers.filter((dispatcher) => dispatcher !== namespace);
    const stranger = others.find((dispatcher) => !above.includes(dispatcher));
    if (stranger !== undefined) {
      throw new Error(`the namespace ${stranger} is not above ${namespace}`);
    }
    await Promise.all(others.map((dispatcher) => this.#tellOrStore(dispatcher, notice)));
  }

  /** Tells one that these hubs have something. Of what type is not known any more. @throws if it cannot be told */
  async tellAgain(dispatcher: string, hubs: readonly string[]): Promise<void> {
    await callEach(hubs, (hub) => this.#tell(dispatcher, { hub, types: undefined }));
  }

  async #tellOrStore(dispatcher: string, notice: Notice): Promise<void> {
    const { env, namespace, lifecycle, late } = this.#parts;
    if (!late().has(dispatcher)) {
      try {
        await this.#tell(dispatcher, notice);
        return;
      } catch (error) {
        logError('a dispatcher above was not told of events, to be tried again', error);
      }
    }
    // A hub of a namespace that is being deleted must not make it store something again.
    if (!lifecycle.hasTables) await assertExists(env, namespace);
    lifecycle.assertOpen();
    late().add(dispatcher, [notice.hub], Date.now() + MIN_JOB_BACKOFF_MS);
  }

  async #tell(dispatcher: string, { hub, types }: Pick<Notice, 'hub' | 'types'>): Promise<void> {
    const { env } = this.#parts;
    const call = callDispatcher(env, dispatcher, (stub) =>
      stub.forwarded({ hub, types, dispatchers: [dispatcher] }),
    );
    try {
      await withTimeout(MAX_FORWARD_CALL_MS, call);
    } catch (error) {
      if (!isNamespaceDeleted(error)) throw error;
    }
  }
}
