/**
 * Admits the subscribers of a shard: its head knows how many sockets a token has in the region, and what stock clients missed
 * that lost their connections, at this shard or at another.
 */

import { logError } from '../../../lib/log.ts';
import { ok, type Result } from '../../../lib/result.ts';
import type { StockAdmission } from '../../../objects/replica-contract.ts';
import type { SubscriberJournal } from '../../journal/subscriber-journal.ts';
import { cutOf } from '../../returns/cut.ts';
import { reconnectWindowOf, returnKeyAmong, returnKeyFor } from '../../returns/return-records.ts';
import { type Predecessors, stockStart } from '../../returns/stock-start.ts';
import type { Admissions, Entry, Newcomer } from '../../subscribers/admissions.ts';
import { type HandshakeRefusal, unavailable } from '../../subscribers/refusal.ts';
import { tooManyOfToken } from '../../subscribers/subscriber-slots.ts';
import { tagsOf } from '../../subscribers/subscription-classes.ts';
import { type HeadCallParts, HeadCalls } from './head-calls.ts';
import { HUB_UNREACHABLE } from './hub-returns.ts';
import { OpenReturns } from './open-returns.ts';
import { PendingEnds } from './pending-ends.ts';
import { ShardLife } from './shard-life.ts';

interface ShardAdmissionParts extends HeadCallParts {
  readonly journal: SubscriberJournal;
}

export class ShardAdmissions implements Admissions {
  readonly #parts: ShardAdmissionParts;
  readonly #windowMs: number;
  readonly #life: ShardLife;
  readonly #open: OpenReturns;
  readonly #ends: PendingEnds;
  readonly #head: HeadCalls;
  /** Handshakes under way, by the tags of their tokens. */
  readonly #handshakes = new Map<string, number>();

  /** @throws if `RECONNECT_WINDOW` is wrong. The Worker reports that before it calls an object. */
  constructor(parts: ShardAdmissionParts) {
    const { ctx, env } = parts;
    this.#parts = parts;
    this.#windowMs = reconnectWindowOf(env);
    this.#life = new ShardLife(ctx);
    this.#open = new OpenReturns(ctx);
    this.#ends = new PendingEnds(ctx.storage.kv, (key) => this.#open.countOf(key));
    const isEmpty = () => this.#handshakes.size === 0 && parts.socketCount.value === 0;
    this.#head = new HeadCalls(parts, this.#life, this.#ends, isEmpty);
  }

  async admit(newcomer: Newcomer): Promise<Result<Entry, HandshakeRefusal>> {
    const { watched, owner } = newcomer;
    const key = await returnKeyFor(newcomer, this.#windowMs);
    if (key === undefined && watched === undefined) return ok(NO_ENTRY);
    const handshake: UnderWay = { key, token: watched?.tag, isJoined: false };
    this.#begin(handshake);
    try {
      const answer = await this.#head.ask({
        token: watched && { authority: watched.principal.authority, id: watched.token },
        socketsOfToken: watched === undefined ? 0 : this.#socketsOf(watched.tag),
        stock: key === undefined ? undefined : this.#stockAdmission(key, owner),
      });
      if (!('refused' in answer)) return ok(this.#entryOf(handshake, answer.start));
      this.#end(handshake);
      return { ok: false, failure: REFUSALS[answer.refused] };
    } catch (error) {
      logError('a subscriber cannot be admitted', error);
      // The head may have admitted it.
      this.#abandon(handshake, { floor: 0 });
      this.#end(handshake);
      return { ok: false, failure: UNREACHABLE };
    }
  }

  ended(socket: WebSocket, hasLeft: boolean, hasAll: boolean): void {
    this.#life.goesOn();
    const key = returnKeyAmong(tagsOf(this.#parts.ctx, socket));
    if (key === undefined || !this.#open.ended(key, socket)) return;
    const cut = hasAll ? cutOf(socket) : undefined;
    this.#ends.add(key, hasLeft ? 0 : 1, cut === undefined ? [] : [cut]);
    this.#head.tellSoon();
  }

  /** Whether the head knows all. */
  get areOver(): boolean {
    return this.#head.isDone;
  }

  nextDue(): number {
    return this.#head.nextDue();
  }

  run(): Promise<void> {
    return this.#head.run();
  }

  #entryOf(handshake: UnderWay, followed: Predecessors | undefined): Entry {
    const { journal } = this.#parts;
    const { key } = handshake;
    return {
      start: (lookup) =>
        key === undefined ? undefined : stockStart(key, followed, this.#windowMs, journal, lookup),
      joined: ({ tag }, socket) => {
        handshake.isJoined = true;
        this.#open.joined(tag, socket);
      },
      end: () => {
        if (!handshake.isJoined) this.#abandon(handshake, followed);
        this.#end(handshake);
      },
    };
  }

  #stockAdmission(key: string, owner: string): StockAdmission {
    const { epoch, last } = this.#parts.journal;
    return { key, owner, open: this.#open.countOf(key), position: { epoch, taken: last } };
  }

  /** Those of a token, with the handshakes that are under way. */
  #socketsOf(tag: string): number {
    return this.#parts.ctx.getWebSockets(tag).length + (this.#handshakes.get(tag) ?? 0);
  }

  #begin({ key, token = '' }: UnderWay): void {
    this.#handshakes.set(token, (this.#handshakes.get(token) ?? 0) + 1);
    if (key !== undefined) this.#open.beginHandshake(key);
  }

  /** The head has admitted it, and its socket was not accepted: its client has the claim that it had. */
  #abandon({ key }: UnderWay, followed: Predecessors | undefined): void {
    if (key === undefined) return;
    const { cut } = followed ?? {};
    this.#ends.add(key, followed === undefined ? 0 : 1, cut === undefined ? [] : [cut]);
    this.#head.tellSoon();
  }

  #end({ key, token = '' }: UnderWay): void {
    const left = (this.#handshakes.get(token) ?? 0) - 1;
    if (left > 0) this.#handshakes.set(token, left);
    else this.#handshakes.delete(token);
    if (key !== undefined) this.#open.endHandshake(key);
  }
}

/** A handshake that the head was asked about. */
interface UnderWay {
  readonly key: string | undefined;
  /** The tag of its token; undefined for the root token. */
  readonly token: string | undefined;
  isJoined: boolean;
}

const REFUSALS = {
  token: tooManyOfToken('this region of the hub'),
  hub: HUB_UNREACHABLE,
};

const UNREACHABLE = unavailable('the head of this region cannot be reached; try again');

/** Of a subscriber of the root token that names a position. */
const NO_ENTRY: Entry = { start: () => undefined, joined: () => undefined, end: () => undefined };
