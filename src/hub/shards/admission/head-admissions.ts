/**
 * Admits the subscribers of a region at its head: those of the head, while it has no shards, and those of its shards. It has the
 * records of what stock clients missed, for the whole region.
 */

import { LruCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { logError } from '../../../lib/log.ts';
import { ok, type Result } from '../../../lib/result.ts';
import type { Alarms } from '../../../objects/alarms.ts';
import { callEach } from '../../../objects/call.ts';
import type { FeedPosition } from '../../../objects/hub-contract.ts';
import { parseReplicaName, type ReplicaPlace, shardName } from '../../../objects/names.ts';
import type {
  Admission,
  AdmissionAnswer,
  ShardReport,
  StockAdmission,
  TokenId,
} from '../../../objects/replica-contract.ts';
import { callReplica } from '../../../objects/stubs.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import type { WatchedTokens } from '../../authority-sync/watched-tokens.ts';
import type { SubscriberJournal } from '../../journal/subscriber-journal.ts';
import { MAX_ADMISSION_WAIT_MS, MAX_RETURNS_PER_REGION, TOKEN_RECOUNT_MS } from '../../limits.ts';
import { ReturnRecords, reconnectWindowOf, returnKeyFor } from '../../returns/return-records.ts';
import { Returns } from '../../returns/returns.ts';
import type { Admissions, Entry, Newcomer } from '../../subscribers/admissions.ts';
import type { HandshakeRefusal } from '../../subscribers/refusal.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import { HubReturns } from './hub-returns.ts';
import { ShardLives } from './shard-lives.ts';
import { TokenSockets } from './token-sockets.ts';

interface HeadAdmissionParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly alarms: Alarms;
  readonly place: ReplicaPlace;
  /** Its position is undefined until the head is told. */
  readonly journal: SubscriberJournal & { readonly position: FeedPosition | undefined };
  readonly tokens: WatchedTokens;
  readonly socketCount: SocketCount;
}

/** The answer to a report, which may be repeated. */
interface Answered {
  readonly sequence: number;
  readonly answers: Promise<AdmissionAnswer[]>;
}

export class HeadAdmissions implements Admissions {
  readonly #parts: HeadAdmissionParts;
  readonly #windowMs: number;
  readonly #lives: ShardLives;
  readonly #records: ReturnRecords;
  readonly #returns: Returns;
  readonly #hubReturns: HubReturns;
  readonly #tokenSockets: TokenSockets;
  /** By token: when its sockets were last counted. Unix milliseconds. */
  readonly #countedAt = new LruCache<number>(MAX_CACHED_LOOKUPS);
  readonly #answered = new Map<number, Answered>();

  /** @throws if `RECONNECT_WINDOW` is wrong. The Worker reports that before it calls an object. */
  constructor(parts: HeadAdmissionParts) {
    const { ctx, env, alarms, place } = parts;
    const { kv, sql } = ctx.storage;
    const windowMs = reconnectWindowOf(env);
    this.#parts = parts;
    this.#windowMs = windowMs;
    this.#lives = new ShardLives(sql);
    const maxRecords = MAX_RETURNS_PER_REGION;
    this.#records = new ReturnRecords({ ctx, alarms, windowMs, maxRecords, lives: this.#lives });
    this.#returns = new Returns({ ...parts, records: this.#records });
    this.#hubReturns = new HubReturns(kv, env, place.hub, windowMs);
    this.#tokenSockets = new TokenSockets(sql);
  }

  /** Of the head itself. */
  async admit(newcomer: Newcomer): Promise<Result<Entry, HandshakeRefusal>> {
    const key = await returnKeyFor(newcomer, this.#windowMs);
    const floor = key === undefined ? NOTHING : await this.#floorAtHub(key);
    return floor.ok ? ok(this.#returns.enter(key, newcomer.owner, floor.value)) : floor;
  }

  ended(socket: WebSocket, hasLeft: boolean, hasAll: boolean): void {
    this.#returns.ended(socket, hasLeft, hasAll);
  }

  /**
   * Of a shard. What it reports is stored when this is answered.
   *
   * @param name of the shard
   * @throws if the report comes after a later one
   */
  admitAt(
    name: string,
    report: ShardReport,
    admissions: readonly Admission[],
  ): Promise<AdmissionAnswer[]> {
    const shard = parseReplicaName(name)?.shard;
    if (shard === undefined) throw new Error(`${name} is no shard`);
    const { sequence } = report;
    const answered = this.#answered.get(shard);
    // The platform has repeated the call.
    if (answered?.sequence === sequence) return answered.answers;
    if (!this.#lives.isNewest(shard, report)) throw new Error('a report has come too late');
    const answers = this.#admitAll(shard, report, admissions);
    this.#answered.set(shard, { sequence, answers });
    return answers;
  }

  /** The journal of the hub has another epoch than before. @param through how far both have the same events */
  rebase(through: number): void {
    this.#records.rebase(through);
  }

  /** Whether nobody can return, if the region has no sockets. */
  get areOver(): boolean {
    return this.#returns.areOver;
  }

  nextDue(): number {
    return Math.min(this.#returns.nextDue(), this.#tokenSockets.nextDue());
  }

  run(now: number): void {
    if (this.#returns.nextDue() <= now) this.#returns.run(now);
    if (this.#tokenSockets.nextDue() <= now) this.#tokenSockets.run(now);
  }

  async #admitAll(
    shard: number,
    report: ShardReport,
    admissions: readonly Admission[],
  ): Promise<AdmissionAnswer[]> {
    const now = Date.now();
    for (const end of report.ends) {
      const record = this.#records.current(end.key, now);
      if (record?.endedAt(shard, end, now)) this.#records.settle(end.key, record, now);
    }
    const [floors] = await Promise.all([
      Promise.all(
        admissions.map(({ stock }) =>
          stock === undefined ? NOTHING : this.#floorAtHub(stock.key),
        ),
      ),
      this.#countAgain(shard, admissions),
    ]);
    const answers = admissions.map((admission, i): AdmissionAnswer => {
      const { token, socketsOfToken, stock } = admission;
      const floor = floors[i] ?? NOTHING;
      if (!floor.ok) return { refused: 'hub' };
      if (token !== undefined) {
        if (this.#isFull(shard, admission)) return { refused: 'token' };
        this.#tokenSockets.joined(token, shard, socketsOfToken, now);
      }
      if (stock === undefined) return {};
      return { start: this.#joined(shard, report, stock, floor.value) };
    });
    this.#parts.alarms.arm();
    return answers;
  }

  /** @returns what the client follows; undefined for nothing */
  #joined(
    shard: number,
    { isRepeated }: ShardReport,
    stock: StockAdmission,
    floorAtHub: number | undefined,
  ) {
    const now = Date.now();
    const { key, owner, open, position } = stock;
    const known = this.#records.current(key, now);
    const floor = known?.row.floor ?? floorAtHub;
    const cut = known?.cut;
    const record = known ?? this.#records.begin(owner, floor ?? this.#sequenceOf(position));
    if (record?.joinedAt(shard, open, !isRepeated, now)) {
      this.#records.store(key, record, now, known === undefined);
    }
    return floor === undefined ? undefined : { floor, cut };
  }

  /** A sequence of another epoch means another event. */
  #sequenceOf({ epoch, taken }: FeedPosition): number {
    const { position } = this.#parts.journal;
    return position === undefined || position.epoch === epoch ? taken : 0;
  }

  /** Where a client starts that only the hub knows. */
  async #floorAtHub(key: string): Promise<Result<number | undefined, HandshakeRefusal>> {
    const isKnown = this.#records.current(key, Date.now()) !== undefined;
    return isKnown ? NOTHING : this.#hubReturns.find(key);
  }

  #isFull(shard: number, { token, socketsOfToken }: Admission): boolean {
    return (
      token !== undefined &&
      this.#tokenSockets.isFull(token, shard, socketsOfToken, this.#ownSocketsOf(token))
    );
  }

  /** The head has some while it has no shards, and those that it got then. */
  #ownSocketsOf({ authority, id }: TokenId): number {
    const { ctx, tokens, socketCount } = this.#parts;
    if (socketCount.value === 0) return 0;
    const tag = tokens.tagOf(authority, id);
    return tag === undefined ? 0 : ctx.getWebSockets(tag).length;
  }

  /** Counts the sockets of tokens that seem to have as many as they may have, at the other shards. */
  async #countAgain(shard: number, admissions: readonly Admission[]): Promise<void> {
    const now = Date.now();
    const full = new Map<string, TokenId>();
    for (const admission of admissions) {
      const { token } = admission;
      const key = JSON.stringify(token);
      if (token === undefined || full.has(key) || !this.#isFull(shard, admission)) continue;
      // Clients that are refused again and again do not keep the region counting.
      if (now - (this.#countedAt.get(key) ?? 0) < TOKEN_RECOUNT_MS) continue;
      this.#countedAt.set(key, now);
      full.set(key, token);
    }
    const tokens = [...full.values()];
    const shards = new Set(tokens.flatMap((token) => this.#tokenSockets.shardsOf(token)));
    shards.delete(shard);
    const { hub, region } = this.#parts.place;
    const names = new Map([...shards].map((each) => [shardName(hub, region, each), each]));
    await callEach([...names.keys()], (name) => this.#count(name, names.get(name) ?? 0, tokens));
  }

  async #count(name: string, shard: number, tokens: readonly TokenId[]): Promise<void> {
    try {
      const call = callReplica(this.#parts.env, name, (stub) => stub.countSocketsOf(tokens));
      const counts = await withTimeout(MAX_ADMISSION_WAIT_MS / 2, call);
      for (const [i, token] of tokens.entries()) {
        this.#tokenSockets.counted(token, shard, counts[i] ?? 0);
      }
    } catch (error) {
      // What was known before counts.
      logError(`${name} cannot count the sockets of tokens`, error);
    }
  }
}

const NOTHING = ok(undefined);
