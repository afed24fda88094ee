/**
 * Starts the feeds that a subscription needs. A subscriber gets its 101 only after every hub that its pattern can touch
 * has confirmed the feed request, and its retained events are here.
 *
 * While a handshake is under way its class counts as demand, so no later request says that the feed is not wanted. Only
 * a hub's confirmation of the last version shows that it has received it.
 */

import { callEach } from '../../../objects/call.ts';
import { diagnosed } from '../../../objects/diagnosis.ts';
import type { Backfill, FeedSlice } from '../../../objects/hub-contract.ts';
import { MAX_HUBS } from '../../../objects/limits.ts';
import { parseHubName } from '../../../objects/names.ts';
import { callHub } from '../../../objects/stubs.ts';
import type { Matcher } from '../../../subscription/matcher.ts';
import type { Journal } from '../../journal/journal.ts';
import { gapRecord, inOrderOfTime, type NewRecords } from '../../journal/record.ts';
import { MAX_BACKFILL_BYTES, MAX_BACKFILL_EVENTS } from '../../limits.ts';
import type { HubMemory } from '../../memory-budget.ts';
import type { EventSupply } from '../../subscribers/event-supply.ts';
import { BUSY, type HandshakeRefusal, unavailable } from '../../subscribers/refusal.ts';
import { slicesOf } from '../feed-format.ts';
import type { FeedDemand } from './feed-demand.ts';
import { type FeedPositions, isMissing } from './feed-positions.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { KnownHubs } from './known-hubs.ts';
import type { Registrar } from './registrar.ts';

interface FeedStarterParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly journal: Journal;
  readonly memory: HubMemory;
  readonly knownHubs: KnownHubs;
  readonly positions: FeedPositions;
  readonly demand: FeedDemand;
  readonly writer: FeedWriter;
  readonly registrar: Registrar;
}

/** What a hub answered to a feed request. */
interface StartedFeed {
  readonly hub: string;
  readonly version: number;
  readonly backfill: Backfill;
  readonly slices: readonly FeedSlice[];
}

export class FeedStarter implements EventSupply {
  readonly #parts: FeedStarterParts;
  /** Whether the namespace exists. It is deleted with the hubs that are known, so it is asked for only without them. */
  #hasNamespace = false;
  /** The hubs whose feeds are being started. */
  readonly #starting = new Map<string, Promise<void>>();

  constructor(parts: FeedStarterParts) {
    this.#parts = parts;
  }

  /** Resolves when the feed of a hub is not being started any more. */
  async started(hub: string): Promise<void> {
    await this.#starting.get(hub);
  }

  async prepare(matcher: Matcher): Promise<HandshakeRefusal | undefined> {
    const { knownHubs, registrar } = this.#parts;
    if (!this.#hasNamespace && knownHubs.isEmpty) await registrar.checkNamespace();
    this.#hasNamespace = true;
    const { catchUp } = this.#parts.memory;
    const isStarting = (hub: string) => this.#starting.has(hub);
    const reserved = this.#notFeeding(matcher).every(isStarting) ? 0 : MAX_BACKFILL_BYTES;
    if (!(await catchUp.reserveSoon(reserved))) return BUSY;
    const hubs = this.#notFeeding(matcher);
    if (hubs.length > MAX_HUBS) {
      catchUp.release(reserved);
      return unavailable(
        `the subscription spans ${hubs.length} hubs that have yet to be told, at most ${MAX_HUBS} are at a time; subscribe to fewer namespaces`,
      );
    }
    const awaited = hubs.map((hub) => this.#starting.get(hub));
    const others = hubs.filter((hub) => !isStarting(hub));
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    const starting = this.#start(others, fail).finally(() => {
      catchUp.release(reserved);
      for (const hub of others) this.#starting.delete(hub);
    });
    for (const hub of others) this.#starting.set(hub, starting);
    // The handshake fails with the first hub that fails. The other feeds start nevertheless.
    await Promise.race([failed, Promise.all([starting, ...awaited])]);
    return undefined;
  }

  /** The hubs that the subscription can touch and that have not confirmed that they feed. */
  #notFeeding(matcher: Matcher): string[] {
    return this.#parts.knownHubs
      .notFeeding()
      .filter((hub) => matcher.mayMatchHub(parseHubName(hub)));
  }

  /**
   * Starts the feeds of hubs with their retained events. If one fails, the others are taken nevertheless: these hubs
   * have received the request and feed.
   *
   * @param fail is called at once for each that fails
   */
  async #start(hubs: readonly string[], fail: (error: unknown) => void): Promise<void> {
    const started: StartedFeed[] = [];
    const failures: unknown[] = [];
    const events = Math.ceil(MAX_BACKFILL_EVENTS / hubs.length);
    const bytes = Math.ceil(MAX_BACKFILL_BYTES / hubs.length);
    await callEach(hubs, async (hub) => {
      try {
        const feed = await this.#request(hub, events, bytes);
        if (feed !== undefined) started.push(feed);
      } catch (error) {
        const failure = await diagnosed(error, this.#parts.env, hub);
        failures.push(failure);
        fail(failure);
      }
    });
    if (started.length > 0) await this.#take(started);
    if (failures.length > 0) throw failures[0];
  }

  async #request(
    hub: string,
    maxEvents: number,
    maxBytes: number,
  ): Promise<StartedFeed | undefined> {
    const { ctx, env, knownHubs, positions, registrar } = this.#parts;
    const request = knownHubs.request(hub, true);
    const { version } = request;
    const self = ctx.id.name ?? '';
    const position = positions.get(hub);
    const backfill = await callHub(env, hub, (stub) =>
      stub.requestFeed(self, request, position, maxEvents, maxBytes),
    );
    if (backfill !== undefined) {
      return { hub, version, backfill, slices: slicesOf(hub, backfill) };
    }
    // It has deleted everything, or lost its storage.
    registrar.unregister(hub, { epoch: undefined, trimmedUntil: 0, version });
    return undefined;
  }

  /**
   * Appends the backfills of several hubs, in the order in which their events were accepted. The same transaction
   * confirms that the hubs feed: else the next handshake would not wait for this.
   */
  #take(started: readonly StartedFeed[]): Promise<void> | undefined {
    const { journal, knownHubs, positions, demand, writer } = this.#parts;
    const records: NewRecords[] = [];
    const { hasPositions } = demand;
    let trimmedUntil = 0;
    for (const { hub, backfill, slices } of started) {
      const { epoch, after } = backfill;
      if (isMissing(positions.get(hub), epoch, after)) {
        trimmedUntil = Math.max(trimmedUntil, backfill.trimmedUntil);
        const missingUntil = Math.max(backfill.recordedSince, backfill.trimmedUntil);
        if (hasPositions) records.push(gapRecord(hub, missingUntil));
      }
      for (const slice of slices) records.push({ ...slice.records, acceptedAt: slice.acceptedAt });
    }
    // The first backfills of all also cover the time before this journal was created.
    const isFirst = journal.last === 0;
    const recordedSince = Math.min(...started.map(({ backfill }) => backfill.recordedSince));
    // A hub that has unregistered meanwhile has no events any more.
    const present = started.filter(({ hub }) => knownHubs.has(hub));
    const taken = new Map(
      present.map(({ hub, backfill: { epoch, last } }) => [hub, { epoch, taken: last }]),
    );
    return writer.append(started.length === 1 ? records : [inOrderOfTime(records)], taken, () => {
      journal.setCoverage(isFirst ? recordedSince : journal.recordedSince, trimmedUntil);
      for (const { hub, version } of present) knownHubs.confirm(hub, version);
    });
  }
}
