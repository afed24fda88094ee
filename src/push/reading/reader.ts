/**
 * Reads the journals of hubs for a destination, page by page, and keeps what its pattern and its namespaces cover. It holds no
 * more than a page, and what it returns.
 */

import { Buffer } from 'node:buffer';
import { configOf } from '../../config/config.ts';
import { type Gap, gapEvent } from '../../destination/gap-event.ts';
import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { type NamedDestination, tellsOf } from '../../destination/own-event.ts';
import { frameAt } from '../../event/event-batch.ts';
import { factsOf } from '../../event/facts.ts';
import { logError } from '../../lib/log.ts';
import { ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { isMethodMissing } from '../../objects/call.ts';
import { checkSlices } from '../../objects/feed-slice.ts';
import { nameForOperators, parseHubName } from '../../objects/names.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import type { DestinationPage, ReadingStart } from '../../objects/reading-contract.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { callAuthority, callReadable } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import type { Matcher } from '../../subscription/matcher.ts';
import { decodeJson, encodeJson } from '../../wire/json.ts';
import { gapBefore } from './gaps.ts';
import {
  MAX_READ_BYTES,
  MAX_READ_CALL_MS,
  MAX_READ_EVENTS,
  MAX_READ_PAGES,
  MIN_READ_EVENTS,
} from './limits.ts';
import type { ReadingFailure, ReadPart } from './read-part.ts';

export interface ReaderParts {
  readonly env: Env;
  readonly destination: NamedDestination;
  readonly matcher: Matcher;
  /** Whose share it uses of what a hub reads for others. */
  readonly owner: string;
}

/** What was read; `stamp` is added by the caller. Undefined if the Vault namespace of the hub was deleted. */
export type Read = Omit<ReadPart, 'stamp'> | undefined;

export class Reader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * The next events of a hub: at most so many, and no more bytes of frames if there are several.
   *
   * @param coveredSince if nothing was read of the hub: since when the destination wants its events. Unix milliseconds
   */
  async read(
    hub: string,
    start: ReadingStart,
    coveredSince: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Result<Read, ReadingFailure>> {
    const found = new Found(hub, this.#parts, maxEvents, maxBytes);
    let from = start;
    let events = Math.min(Math.max(2 * maxEvents, MIN_READ_EVENTS), MAX_READ_EVENTS);
    try {
      for (let pages = 0; pages < MAX_READ_PAGES; pages++) {
        const page = await this.#page(hub, from, events);
        // What was found before is not in the hub any more.
        if (page === undefined && pages > 0) break;
        if (page === undefined) return ok(await this.#withoutJournal(hub, from));
        const { epoch } = page.journal;
        // What follows belongs to another journal, and begins a part of its own.
        if (pages > 0 && epoch !== from.position?.epoch) break;
        const gap = gapBefore(page, from, coveredSince);
        const hasRoom = found.add(page, gap);
        if (!hasRoom || page.through >= page.last) break;
        from = { position: { epoch, taken: page.through }, since: undefined };
        events = MAX_READ_EVENTS;
      }
      return ok(found.part);
    } catch (error) {
      if (isNamespaceDeleted(error)) return ok(undefined);
      return { ok: false, failure: failureOf(hub, error) };
    }
  }

  async #page(
    hub: string,
    from: ReadingStart,
    maxEvents: number,
  ): Promise<DestinationPage | undefined> {
    const { env, owner } = this.#parts;
    const called = callReadable(env, hub, (stub) =>
      stub.readFor(owner, from, maxEvents, MAX_READ_BYTES),
    );
    const page = await withTimeout(MAX_READ_CALL_MS, called);
    if (page !== undefined) checkSlices(page);
    return page;
  }

  /** The hub has nothing. Its events come to a journal that begins then, unless its Vault namespace was deleted. */
  async #withoutJournal(hub: string, { position }: ReadingStart): Promise<Read> {
    const { namespaceKey } = parseHubName(hub);
    const exists = await callAuthority(this.#parts.env, namespaceKey, (each) => each.exists());
    if (!exists) return undefined;
    const { epoch, taken: sequence } = position ?? { epoch: '', taken: 0 };
    return { source: hub, epoch, sequence, last: sequence, events: [], before: [], isEnd: true };
  }
}

/** Collects what is wanted of pages that follow each other. */
class Found {
  readonly #hub: string;
  readonly #parts: ReaderParts;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #events: OutgoingEvent[] = [];
  readonly #before: number[] = [];
  #bytes = 0;
  #epoch = '';
  #through = 0;
  #last = 0;
  /** Whether the record before could not be read: one gap is enough for those that follow each other. */
  #isUnreadable = false;

  constructor(hub: string, parts: ReaderParts, maxEvents: number, maxBytes: number) {
    this.#hub = hub;
    this.#parts = parts;
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  get part(): Omit<ReadPart, 'stamp'> {
    return {
      source: this.#hub,
      epoch: this.#epoch,
      sequence: this.#through,
      last: this.#last,
      events: this.#events,
      before: this.#before,
      isEnd: this.#through >= this.#last,
    };
  }

  /** @returns whether there is room for more */
  add(page: DestinationPage, gap: ReturnType<typeof gapBefore>): boolean {
    const { journal, after, through, last, slices } = page;
    const { epoch } = journal;
    const before = this.#epoch === '' ? after : this.#through;
    this.#epoch = epoch;
    this.#last = last;
    this.#through = before;
    if (gap !== undefined && !this.#push(this.#gapEvent(gap, after + 1))) return false;
    this.#through = after;
    for (const { first, acceptedAt, records } of slices) {
      for (const [index, at] of acceptedAt.entries()) {
        const sequence = first + index;
        if (!this.#addRecord(frameAt(records, index), sequence, at)) return false;
        this.#through = sequence;
      }
    }
    this.#through = through;
    return this.#events.length < this.#maxEvents;
  }

  #addRecord(json: string, sequence: number, acceptedAt: number): boolean {
    const event = readable(json);
    const wasUnreadable = this.#isUnreadable;
    this.#isUnreadable = event === undefined;
    if (event === undefined) {
      const epoch = this.#epoch;
      const place = { epochBefore: epoch, epoch, after: sequence - 1, through: sequence };
      const gap = { reason: 'unreadable', at: acceptedAt, ...place } as const;
      return wasUnreadable || this.#push(this.#gapEvent(gap, sequence));
    }
    const { matcher, destination } = this.#parts;
    const facts = factsOf(event);
    if (!matcher.covers(facts) || tellsOf(destination, event)) return true;
    return this.#push({ hub: this.#hub, sequence, acceptedAt, facts, event, json });
  }

  #gapEvent(gap: Omit<Gap, 'namespace' | 'eventTypeNamespace'>, sequence: number): OutgoingEvent {
    const { env, destination } = this.#parts;
    const config = configOf(env);
    if (!config.ok) throw new Error(config.failure.message);
    const { namespaceKey, eventTypeNamespace } = parseHubName(this.#hub);
    const place = { namespace: pathOfKey(namespaceKey), eventTypeNamespace };
    const event = gapEvent(destination, config.value.clusterName, { ...gap, ...place });
    const facts = factsOf(event);
    const json = encodeJson(event);
    return { hub: this.#hub, sequence, acceptedAt: gap.at, facts, event, json };
  }

  /** @returns false if there is no room: then the part ends before it */
  #push(event: OutgoingEvent): boolean {
    const bytes = Buffer.byteLength(event.json);
    const isFirst = this.#events.length === 0;
    const hasRoom = this.#events.length < this.#maxEvents && this.#bytes + bytes <= this.#maxBytes;
    if (!isFirst && !hasRoom) return false;
    this.#bytes += bytes;
    this.#events.push(event);
    this.#before.push(this.#through);
    return true;
  }
}

/** Undefined if there is no event: it was damaged. */
function readable(json: string) {
  if (json === '') return undefined;
  try {
    return decodeJson(json);
  } catch {
    return undefined;
  }
}

function failureOf(hub: string, error: unknown): ReadingFailure {
  const why = isMethodMissing(error)
    ? 'it runs an earlier release'
    : `it cannot be read: ${messageOf(error)}`;
  logError(`a destination waits for ${nameForOperators(hub)}`, error);
  return { reason: 'unavailable', message: `${nameForOperators(hub)} is not read: ${why}` };
}
