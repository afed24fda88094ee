/**
 * What the hub knows of stock clients that a new region head does not know: they lost their connections to the hub, before
 * their region had a head. Once no such socket can be open, nothing is asked any more.
 */

import { TtlCache } from '../../../lib/caches.ts';
import { logError } from '../../../lib/log.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { MAX_SUBSCRIPTION_MS } from '../../../objects/limits.ts';
import { callShardedHub } from '../../../objects/stubs.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import { MAX_ADMISSION_WAIT_MS, MAX_ADMISSIONS_PER_CALL } from '../../limits.ts';
import { type HandshakeRefusal, unavailable } from '../../subscribers/refusal.ts';
import { SharedCall } from './shared-call.ts';

export const HUB_UNREACHABLE = unavailable('the hub of this region cannot be reached; try again');

const HEAD_SINCE_KEY = 'head_since';

/** What the hub answered: the sequence after which a client starts. */
type Answer = { readonly after: number | undefined };

export class HubReturns {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #windowMs: number;
  /** Answers count as long as a client may return. */
  readonly #known: TtlCache<Answer>;
  readonly #call: SharedCall<string, Answer>;
  /** Since when the region has a head. Undefined until it was read. Unix milliseconds. */
  #since: number | undefined;

  /** @param hub its name */
  constructor(kv: DurableObjectStorage['kv'], env: Env, hub: string, windowMs: number) {
    this.#kv = kv;
    this.#windowMs = windowMs;
    this.#known = new TtlCache(windowMs);
    const maxWaitMs = MAX_ADMISSION_WAIT_MS / 2;
    this.#call = new SharedCall(MAX_ADMISSIONS_PER_CALL, maxWaitMs, async (keys) => {
      const call = callShardedHub(env, hub, (stub) => stub.returnsOf(keys));
      const starts = await withTimeout(maxWaitMs, call);
      return starts.map((after) => ({ after }));
    });
  }

  /** Whether the hub was asked, and the sequence after which a client starts; undefined if the hub knows none. */
  async find(key: string): Promise<Result<number | undefined, HandshakeRefusal>> {
    try {
      return ok(await this.#startOf(key));
    } catch (error) {
      logError('the hub cannot be asked what a subscriber has missed', error);
      return { ok: false, failure: HUB_UNREACHABLE };
    }
  }

  async #startOf(key: string): Promise<number | undefined> {
    const now = Date.now();
    if (now >= this.#readSince(now) + MAX_SUBSCRIPTION_MS + this.#windowMs) return undefined;
    const known = this.#known.get(key, now);
    if (known !== undefined) return known.after;
    const answer = await this.#call.ask(key);
    this.#known.set(key, answer, now);
    return answer.after;
  }

  #readSince(now: number): number {
    if (this.#since === undefined) {
      const stored = this.#kv.get<number>(HEAD_SINCE_KEY);
      this.#since = stored ?? now;
      if (stored === undefined) this.#kv.put(HEAD_SINCE_KEY, now);
    }
    return this.#since;
  }
}
