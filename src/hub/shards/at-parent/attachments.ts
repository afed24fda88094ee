/** Answers replicas that say what they want from now on. */

import type {
  AttachAnswer,
  AttachRequest,
  ReplicaPage,
  ShardDirectory,
} from '../../../objects/replica-contract.ts';
import { interestIn } from '../../../subscription/interest.ts';
import { Matcher } from '../../../subscription/matcher.ts';
import type { EventSupply } from '../../subscribers/event-supply.ts';
import type { FedReplica, FedReplicas } from './fed-replicas.ts';
import type { FeedSource } from './feed-source.ts';
import type { PageBuilder } from './page-builder.ts';
import type { ReplicaFeeds } from './replica-feeds.ts';
import { endOf, pageWith } from './replica-page.ts';

interface AttachmentsParts {
  readonly source: FeedSource;
  readonly replicas: FedReplicas;
  readonly builder: PageBuilder;
  readonly feeds: ReplicaFeeds;
  /** Brings the events here that a replica wants. */
  readonly supply: EventSupply;
  /** To be called before the journal is read: that of a new hub begins with it. */
  begin?(): Promise<unknown>;
  /** With which the hub makes its cursors. */
  cursorKey(): Uint8Array;
  directory(): ShardDirectory;
  /** After this sequence, every event that somebody wants can be read here. */
  completeAfter(): number;
}

export class Attachments {
  readonly #parts: AttachmentsParts;

  constructor(parts: AttachmentsParts) {
    this.#parts = parts;
  }

  /**
   * What a replica wants is stored first: a hub that feeds a wildcard hub goes on only if somebody wants its events.
   *
   * @throws if the events cannot be brought here
   */
  async attach(name: string, { position, ...request }: AttachRequest): Promise<AttachAnswer> {
    const { source, replicas, feeds, supply } = this.#parts;
    await this.#parts.begin?.();
    feeds.begin();
    const isKnown = replicas.get(name) !== undefined;
    const at = position?.epoch === source.facts.epoch ? position.taken : undefined;
    replicas.accept(name, request, at ?? source.last);
    for (const wanted of interestIn(request.interest)) {
      const refusal = await supply.prepare(new Matcher({ ...wanted, filter: '' }));
      if (refusal !== undefined) throw new Error(refusal.message);
    }
    const replica = replicas.get(name);
    if (replica !== undefined && isKnown && at !== undefined) moveTo(replica, at);
    await source.load(replica?.taken ?? source.last);
    return this.#answer(replicas.get(name), request.version);
  }

  #answer(replica: FedReplica | undefined, version: number): AttachAnswer {
    const { source, cursorKey, completeAfter, directory } = this.#parts;
    const page = replica === undefined ? this.#emptyPage(version) : this.#pageFor(replica);
    // It has all up to there that it wanted before. Pages that it is fed do not have what it wants since now, and this answer has.
    if (replica !== undefined) replica.taken = endOf(replica);
    return {
      page,
      hasMore: page.through < source.last,
      completeAfter: completeAfter(),
      version: Math.max(replica?.version ?? 0, version),
      cursorKey: cursorKey(),
      directory: directory(),
    };
  }

  #pageFor(replica: FedReplica): ReplicaPage {
    const { source, builder, feeds, directory } = this.#parts;
    const part = builder.partAfter(replica.taken, replica.matched, feeds.maxBytes);
    return pageWith(part, { ...replica, scanned: replica.taken }, source, directory());
  }

  /** For a replica that wants nothing. */
  #emptyPage(version: number): ReplicaPage {
    const { source, directory } = this.#parts;
    const at = source.last;
    const nothing = { after: at, through: at, slices: [], isMissing: false };
    const replica = { taken: at, scanned: at, confirmed: at, version };
    return pageWith(nothing, replica, source, directory());
  }
}

/** A replica says where it is. What it has lost, it is fed again. */
function moveTo(replica: FedReplica, position: number): void {
  if (position < replica.taken) replica.scanned = position;
  replica.taken = position;
  replica.isUnsure = false;
}
