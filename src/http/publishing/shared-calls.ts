/**
 * Publishes that an isolate has at the same time share a call to their hub. Under load the call, and what the hub does for
 * it, costs more than the events.
 *
 * No promise crosses requests, because workerd then fails now and then with "Cannot perform I/O on behalf of a different
 * request". So a request that waits is a plain object, and looks at it after waits of its own. The request that makes
 * the call writes the answers into these objects.
 */

import { countOf } from '../../event/event-batch.ts';
import { LruCache } from '../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../lib/limits.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { PublishReceipt, PublishRequest } from '../../objects/hub-contract.ts';
import { nameForOperators } from '../../objects/names.ts';
import { failureAt } from '../../objects/storage-failure.ts';
import type { AppContext } from '../context.ts';
import {
  ABANDONED_AFTER_MS,
  AVERAGED_CALLS,
  CALL_LINGER_MS,
  LEADER_BEAT_MS,
  LEADER_LOST_MS,
  MAX_CALL_WAIT_MS,
  MAX_COUNTED_CALL_MS,
  MAX_LED_CALLS,
  MAX_SHARED_CHARACTERS,
  MAX_SHARED_EVENTS,
  SLOW_CALL_MS,
} from '../limits.ts';
import { callToPublish } from './publish-call.ts';

/** The call of a request goes on if its client leaves, because others may share it. */
export interface RequestScope extends Pick<AppContext, 'env' | 'executionCtx'> {
  /** Whether the request makes calls for others after its own. It must not if it has several hubs: calls are limited. */
  readonly leadsOn: boolean;
}

/** By the name of their hub. */
const sharedCalls = new LruCache<SharedCalls>(MAX_CACHED_LOOKUPS);

/**
 * Publishes the events of one request in one hub.
 *
 * @returns which events are duplicates, or why the hub takes none
 * @throws if the call failed, or the hub failed to store the events
 */
export async function publishInSharedCall(
  hub: string,
  request: PublishRequest,
  scope: RequestScope,
): Promise<Exclude<PublishReceipt, { failed: string }>> {
  const calls = sharedCalls.getOrMake(hub, () => new SharedCalls(hub));
  const receipt = await calls.publish(request, scope);
  if ('failed' in receipt) throw failureAt(nameForOperators(hub), new Error(receipt.failed));
  return receipt;
}

/** If so many wait, the next call lingers for more. */
const LINGER_FROM = 2;

/** A wait takes about so much longer than it says. */
const TIMER_DELAY_MS = 1;

/** A call under way. Times are Unix milliseconds. */
interface Call {
  readonly begunAt: number;
  /** When the request that makes it last showed that the platform has not ended it. */
  aliveAt: number;
}

/** A request that waits for its answer. */
interface Waiting {
  readonly request: PublishRequest;
  /** Unix milliseconds. */
  readonly since: number;
  /** The call that took it. */
  call?: Call;
  answer?: Result<PublishReceipt, unknown>;
}

/** The calls of this isolate to one hub. */
class SharedCalls {
  readonly #hub: string;
  /** Those that no call has taken. */
  #waiting: Waiting[] = [];
  /** Stands for the request that makes the calls. Undefined if no call is under way. */
  #leader: object | undefined;
  /** When the last call began. Unix milliseconds. */
  #begunAt = 0;
  /** How long a call takes, by the last ones. */
  #usualMs = 1;

  constructor(hub: string) {
    this.#hub = hub;
  }

  /** A request that is alone makes its call at once. */
  async publish(request: PublishRequest, scope: RequestScope): Promise<PublishReceipt> {
    if (!fits(request, 0, 0)) return this.#callFor(request, scope);
    if (this.#usualMs >= SLOW_CALL_MS) return this.#callSlowHub(request, scope);
    const own: Waiting = { request, since: Date.now() };
    if (this.#leader === undefined) return this.#lead(own, scope);
    this.#waiting.push(own);
    for (;;) {
      await scheduler.wait(this.#nextLook(own) - Date.now());
      if (own.answer !== undefined) return receiptOf(own.answer);
      const now = Date.now();
      if (own.call !== undefined) {
        // The platform may have ended the leader. If it did publish the events, they are duplicates now.
        if (now - own.call.aliveAt >= LEADER_LOST_MS) return this.#callAgain(request, scope);
      } else if (this.#leader === undefined || now - own.since >= MAX_CALL_WAIT_MS) {
        return this.#lead(own, scope);
      }
    }
  }

  /**
   * When the answer is expected. A look too early costs as much as one in time, so while a call stalls, looks become rarer:
   * each finds the answer at most a quarter later than it came.
   */
  #nextLook({ call }: Waiting): number {
    const now = Date.now();
    const begins = call?.begunAt ?? this.#begunAt + this.#usualMs + CALL_LINGER_MS + TIMER_DELAY_MS;
    const expected = begins + this.#usualMs + TIMER_DELAY_MS;
    const pause = Math.max(1, (now - begins) / 4);
    const longest = call === undefined ? MAX_CALL_WAIT_MS : LEADER_BEAT_MS;
    return Math.min(Math.max(expected, now + pause), now + longest);
  }

  async #callFor(request: PublishRequest, { env }: RequestScope): Promise<PublishReceipt> {
    const [receipt] = await callToPublish(env, this.#hub, [request]);
    return receipt ?? NO_ANSWER;
  }

  /** The hub may still have the first call in its queue, so a refusal does not tell what becomes of the events. */
  async #callAgain(request: PublishRequest, scope: RequestScope): Promise<PublishReceipt> {
    const receipt = await this.#callFor(request, scope);
    return 'refused' in receipt ? NO_ANSWER : receipt;
  }

  /**
   * A hub with many subscribers is busy with sending, and writes and sends together what comes meanwhile. It gets more of
   * that if no request waits for the call of others.
   */
  async #callSlowHub(request: PublishRequest, scope: RequestScope): Promise<PublishReceipt> {
    const begunAt = Date.now();
    const receipt = await this.#callFor(request, scope);
    this.#took(Date.now() - begunAt);
    return receipt;
  }

  #took(milliseconds: number): void {
    this.#usualMs += (Math.min(milliseconds, MAX_COUNTED_CALL_MS) - this.#usualMs) / AVERAGED_CALLS;
  }

  /** Makes the call of a request and of those that wait. */
  async #lead(own: Waiting, { env, executionCtx, leadsOn }: RequestScope): Promise<PublishReceipt> {
    const leader = {};
    this.#leader = leader;
    const call = this.#call(this.#take(own), env, own);
    executionCtx.waitUntil(
      call.then(() => this.#leadOn(leader, leadsOn ? MAX_LED_CALLS - 1 : 0, env)),
    );
    await call;
    return own.answer === undefined ? NO_ANSWER : receiptOf(own.answer);
  }

  /** Makes calls for those that came meanwhile, so that none of them has to look earlier in order to lead. */
  async #leadOn(leader: object, maxCalls: number, env: Env): Promise<void> {
    for (let calls = 0; calls < maxCalls && this.#waiting.length > 0; calls++) {
      if (this.#waiting.length >= LINGER_FROM) await scheduler.wait(CALL_LINGER_MS);
      if (this.#leader !== leader) return;
      await this.#call(this.#take(), env);
    }
    if (this.#leader === leader) this.#leader = undefined;
  }

  /** As many of those that wait as fit into one call. */
  #take(own?: Waiting): Waiting[] {
    // A request that waits for longer would have made a call of its own, unless its client left and the platform ended it.
    const oldest = Date.now() - ABANDONED_AFTER_MS;
    const waiting = this.#waiting.filter(({ since }) => since >= oldest);
    const all = own === undefined ? waiting : [own, ...waiting];
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    let events = 0;
    let characters = 0;
    for (const each of new Set(all)) {
      const isTaken = fits(each.request, events, characters);
      (isTaken ? taken : left).push(each);
      if (!isTaken) continue;
      events += countOf(each.request.events);
      characters += charactersOf(each.request);
    }
    this.#waiting = left;
    return taken;
  }

  async #call(taken: readonly Waiting[], env: Env, own?: Waiting): Promise<void> {
    const begunAt = Date.now();
    this.#begunAt = begunAt;
    const call: Call = { begunAt, aliveAt: begunAt };
    for (const each of taken) each.call = call;
    // If the platform ends this request, it ends the timer, too. A timer costs 5 µs, so a call without others has none.
    const beat = () => {
      call.aliveAt = Date.now();
    };
    const beats = taken.some((each) => each !== own)
      ? setInterval(beat, LEADER_BEAT_MS)
      : undefined;
    try {
      const requests = taken.map(({ request }) => request);
      const receipts = await callToPublish(env, this.#hub, requests);
      for (const [index, each] of taken.entries()) each.answer = ok(receipts[index] ?? NO_ANSWER);
    } catch (failure) {
      for (const each of taken) each.answer = { ok: false, failure };
    } finally {
      clearInterval(beats);
    }
    this.#took(Date.now() - begunAt);
  }
}

/** A hub that does not keep its contract. */
const NO_ANSWER: PublishReceipt = { failed: 'the hub did not say what became of the events' };

function receiptOf(answer: Result<PublishReceipt, unknown>): PublishReceipt {
  if (!answer.ok) throw answer.failure;
  return answer.value;
}

/** Whether a request has room in a call. */
function fits(request: PublishRequest, events: number, characters: number): boolean {
  return (
    events + countOf(request.events) <= MAX_SHARED_EVENTS &&
    characters + charactersOf(request) <= MAX_SHARED_CHARACTERS
  );
}

function charactersOf({ events }: PublishRequest): number {
  return events.keys.length + events.frames.length;
}
