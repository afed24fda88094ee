/**
 * What a destination reads: the journals of hubs, and what other destinations have handed over. It knows how far it is with each,
 * and asks right before anything is sent whether it may still be sent.
 */

import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { tellsOf } from '../../destination/own-event.ts';
import type { DestinationSettings } from '../../destination/settings.ts';
import type { StartPosition } from '../../destination/start-position.ts';
import { ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type {
  DestinationPosition,
  HandedOver as Letter,
} from '../../objects/destination-contract.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import { parseHubName, wildcardHubName } from '../../objects/names.ts';
import { callWildcardHub } from '../../objects/stubs.ts';
import { Matcher } from '../../subscription/matcher.ts';
import { passingFilter } from './filtering.ts';
import { HandedOver } from './handed-over.ts';
import { Positions } from './positions.ts';
import { HANDED_OVER, type Place, type ReadingFailure, type ReadPart } from './read-part.ts';
import { Reader } from './reader.ts';
import { Rights } from './rights.ts';

/** What follows from the settings. */
interface Followed {
  readonly matcher: Matcher;
  readonly reader: Reader;
  readonly rights: Rights;
}

export class Reading {
  readonly #env: Env;
  readonly #namespaceKey: string;
  readonly #name: string;
  readonly #positions: Positions;
  readonly #handedOver: HandedOver;
  #followed: Followed | undefined;
  #isOver = false;

  /** @param destination its name, and the key of its Vault namespace */
  constructor(
    storage: DurableObjectStorage,
    env: Env,
    destination: { readonly namespaceKey: string; readonly name: string },
  ) {
    this.#env = env;
    this.#namespaceKey = destination.namespaceKey;
    this.#name = destination.name;
    this.#positions = new Positions(storage);
    this.#handedOver = new HandedOver(storage);
  }

  /**
   * Follows these settings from now on. To be called before anything else, and after each change. Stores nothing.
   *
   * @param owner whose share it uses of what a hub reads for others
   */
  follow({ pattern, namespaces, filter, policies }: DestinationSettings, owner: string): void {
    const matcher = new Matcher({ pattern, namespaces, filter });
    const destination = this.#destination;
    this.#followed = {
      matcher,
      reader: new Reader({ env: this.#env, destination, matcher, owner }),
      rights: new Rights(this.#env, this.#namespaceKey, policies),
    };
  }

  /** To be called if a change was rolled back. */
  forget(): void {
    this.#positions.forget();
    this.#handedOver.forget();
  }

  /**
   * Begins with hubs that it did not know, and forgets those that it does not cover any more. What it knows stays as it is.
   *
   * @param ends where the journals end of the hubs that it may want
   * @param start where it starts; undefined for these ends
   */
  begin(
    ends: Readonly<Record<string, FeedPosition>>,
    start: StartPosition | undefined,
    now: number,
  ): void {
    const { pattern, namespaces } = this.#matcher;
    const covered = JSON.stringify([pattern, namespaces]);
    const since = start && timeOf(start);
    this.#positions.begin(covered, (hub) => this.#mayWant(hub), ends, since, now);
  }

  /**
   * Goes back to a position, never forward, in all hubs that it knows and in these. What was read before is not settled any more.
   *
   * @param hubs as `matchingHubs` finds them
   */
  replay(from: StartPosition, hubs: readonly string[]): void {
    this.#positions.setBack(hubs, timeOf(from));
  }

  /** The registered hubs whose events it may want. @throws if they are not known now */
  async matchingHubs(): Promise<string[]> {
    const registry = wildcardHubName(this.#namespaceKey);
    const hubs = await callWildcardHub(this.#env, registry, (each) => each.hubs());
    return hubs.filter((hub) => this.#mayWant(hub));
  }

  /** A hub has something new. Costs a row at most. */
  markNew(hub: string): void {
    if (this.#mayWant(hub)) this.#positions.markNew(hub);
  }

  /** Stores letters of another destination, all or none. @returns why they cannot be taken */
  takeDeadLetters(letters: readonly Letter[], now: number): Result<undefined> {
    return this.#handedOver.take(letters, now);
  }

  /** What has something to read: hubs, and `HANDED_OVER`. */
  withNews(): string[] {
    const hubs = this.#positions.withNews();
    return this.#handedOver.isEmpty ? hubs : [HANDED_OVER, ...hubs];
  }

  /** How far it is, by the name of the hub. */
  positions(): Record<string, DestinationPosition> {
    return this.#positions.states();
  }

  /**
   * The next events: at most so many, and no more bytes of frames if there are several. A failure is no attempt.
   *
   * @param source one of `withNews`
   * @param after where a part ended that was read before; undefined for what is not settled
   */
  async read(
    source: string,
    after: Place | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Result<ReadPart, ReadingFailure>> {
    if (source === HANDED_OVER) {
      return ok(this.#handedOver.read(after?.sequence ?? 0, maxEvents, maxBytes));
    }
    for (;;) {
      const followed = this.#current;
      const positions = this.#positions;
      const stamp = positions.stampOf(source);
      const stored = positions.get(source);
      const { epoch, sequence } = after ?? stored ?? { epoch: '', sequence: 0 };
      const nothing = { source, epoch, sequence, last: sequence, events: [], before: [] };
      // What was begun may be of a hub that it does not cover any more.
      if (!this.#mayWant(source)) return ok({ ...nothing, isEnd: true, stamp });
      const position = epoch === '' ? undefined : { epoch, taken: sequence };
      const start = { position, since: after === undefined ? stored?.since : undefined };
      const { reader } = followed;
      const read = await reader.read(source, start, positions.since, maxEvents, maxBytes);
      // What it did not want by the settings before, it may want now.
      if (followed !== this.#followed) continue;
      if (!read.ok) return read;
      if (read.value === undefined) {
        if (!this.#isOver) positions.delete(source);
        return ok({ ...nothing, isEnd: true, stamp });
      }
      positions.noteEnd(source, read.value, stamp);
      return ok({ ...read.value, stamp });
    }
  }

  /**
   * Those of the events that may be sent now. Policies are asked first and the filter last: an event that the destination may not see
   * costs no filter. What was handed over had passed a filter before, and is asked none here.
   */
  async allowed(
    events: readonly OutgoingEvent[],
  ): Promise<Result<OutgoingEvent[], ReadingFailure>> {
    const { rights, matcher } = this.#current;
    const others = events.filter(({ event }) => !tellsOf(this.#destination, event));
    const allowed = await rights.allowed(others);
    return allowed.ok ? ok(await passingFilter(allowed.value, matcher.filter)) : allowed;
  }

  /**
   * Notes that the first events of a part are settled, and all that was read before it.
   *
   * @param wasSent whether somebody was sent one of them. Otherwise it is stored now and then only
   * @returns false if the part does not count any more, because the destination was set back or deleted
   */
  settle(part: ReadPart, count: number, wasSent: boolean): boolean {
    if (this.#isOver) return false;
    if (count === 0 && part.events.length > 0) return true;
    if (part.source !== HANDED_OVER) return this.#positions.settle(part, count, wasSent);
    this.#handedOver.settle(part.before[count] ?? part.sequence);
    return true;
  }

  /** Stores where the journal of a source ended when it was read: it stays behind for a while. At most one row. */
  keepEnd(source: string): void {
    if (!this.#isOver) this.#positions.store(source);
  }

  /** The destination is deleted. What is being read settles nothing: there may be another one of its name. */
  end(): void {
    this.#isOver = true;
  }

  get #current(): Followed {
    if (this.#followed === undefined) throw new Error('the destination has no settings');
    return this.#followed;
  }

  get #matcher(): Matcher {
    return this.#current.matcher;
  }

  get #destination() {
    return { name: this.#name, namespace: pathOfKey(this.#namespaceKey) };
  }

  #mayWant(hub: string): boolean {
    return this.#matcher.mayMatchHub(parseHubName(hub));
  }
}

/** Unix milliseconds; 0 for the oldest event. */
function timeOf(start: StartPosition): number {
  return start.kind === 'earliest' ? 0 : start.at;
}
