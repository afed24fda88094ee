/**
 * What replicas and their parents answer each other. A replica holds sockets of subscribers and a copy of the newest part of
 * the journal of its hub, with the same epoch and the same sequences. A region head is a replica whose parent is the hub. A
 * shard is a replica whose parent is the head of its region. So a head is both.
 *
 * Calls may be dropped, repeated, late and out of order. Each says from where to where it goes, and what a replica has
 * taken counts.
 */

import type { Region } from '../config/region.ts';
import type { EventFacts } from '../event/facts.ts';
import type { Interest } from '../subscription/interest.ts';
import type { FeedPosition, FeedSlice, SubscriberHubContract } from './hub-contract.ts';

/** What a hub and a region head answer to the replicas that they feed. */
export interface ParentContract {
  /**
   * Says what a replica wants from now on. The request with the highest version counts.
   *
   * When this is answered, no event that is published later and that the interest covers is missed: it is confirmed up to the
   * hub, and at a wildcard hub up to the hubs that feed it.
   *
   * @param replica its name
   */
  attach(replica: string, request: AttachRequest): Promise<AttachAnswer>;
  /**
   * Reads events that a replica has not, all of them, also those that it does not want.
   *
   * @param after the sequence that they follow
   */
  history(after: number, maxEvents: number, maxBytes: number): Promise<HistoryPage>;
  /** Finds positions in the whole journal. */
  locate(query: LocateQuery): Promise<Located>;
}

/** What a region head and a shard answer to their parent. */
export interface FedContract {
  /** Takes a page of the journal, delivers it, and feeds it to its own replicas before it answers. */
  receive(page: ReplicaPage): Promise<ReplicaReceipt>;
}

/** What a shard answers. A subscriber's handshake is a `fetch`, as at a hub. */
export interface ShardContract
  extends Omit<SubscriberHubContract, 'bookmark' | 'restore' | 'wipe' | 'clear'>,
    FedContract {
  /**
   * Closes all subscribers and deletes everything, for good: the Vault namespace was deleted. Later calls fail.
   *
   * @param shards of a region head: how many its region has. It ends them, too
   */
  wipe(shards?: number): Promise<void>;
  /**
   * Closes all subscribers, and forgets what it has of the journal.
   *
   * @param why as the subscribers are told
   * @param shards as above
   */
  clear(why?: string, shards?: number): Promise<void>;
  /** How many open sockets it has of each token. */
  countSocketsOf(tokens: readonly TokenId[]): Promise<number[]>;
}

/** What a region head answers. */
export interface RegionHeadContract extends ShardContract, ParentContract {
  /**
   * Before a shard takes subscribers: whether their tokens have room in the region, and where stock clients start. What the
   * shard has to tell comes with it, or alone, with no admissions.
   *
   * @param shard its name
   */
  admit(shard: string, report: ShardReport, admissions: readonly Admission[]): Promise<Admitted>;
  /** A shard is full. @returns the directory, with another shard if the region needs one */
  crowded(shard: string, sockets: number): Promise<ShardDirectory>;
  /**
   * How its region looks, for an operator.
   *
   * @param shards how many it has, as the directory says
   */
  region(shards: number): Promise<RegionState>;
}

/** What a hub of either kind answers, in addition to `ParentContract`, about its regions. */
export interface ShardedHubContract extends ParentContract {
  /** Which regions have shards. Changes nothing. */
  shardDirectory(): Promise<ShardDirectory>;
  /**
   * A region needs more shards, or none any more.
   *
   * @param from the number that the caller knows: if it is another one by now, nothing is changed
   * @returns the directory after that
   */
  setShards(region: Region, from: number, to: number): Promise<ShardDirectory>;
  /**
   * Where stock clients start that a region does not know: they lost their connections to the hub itself.
   *
   * @param keys as `returnKeyFor` makes them
   * @returns for each the sequence after which it starts; undefined if the hub does not know it either
   */
  returnsOf(keys: readonly string[]): Promise<(number | undefined)[]>;
}

/** Requests may overtake each other: the highest version counts. */
export interface InterestRequest {
  readonly version: number;
  readonly interest: Interest;
}

export interface AttachRequest extends InterestRequest {
  /** Undefined if the replica has forgotten it, or never had one. Then the parent says where it goes on. */
  readonly position: FeedPosition | undefined;
  /** A sequence of which a subscriber knows. The answer follows it, or the hub does not have it. */
  readonly reach?: number;
}

export interface AttachAnswer {
  /** What the replica lacks. It takes it as any other page. */
  readonly page: ReplicaPage;
  /** Whether it lacks more. Then it attaches again from where it is. */
  readonly hasMore: boolean;
  /** After this sequence the parent has every event that the interest covers. What is before is in `history`. */
  readonly completeAfter: number;
  /** The highest version that the parent knows of this replica. */
  readonly version: number;
  /** With which the hub makes its cursors. Secret. */
  readonly cursorKey: Uint8Array;
  readonly directory: ShardDirectory;
}

/** What a replica tells its subscribers of the journal of the hub. */
export interface JournalFacts {
  readonly epoch: string;
  /** Events up to this sequence are not retained any more. */
  readonly trimmedThrough: number;
  /** Events accepted until this time may be missing; 0 if none is. Unix milliseconds. */
  readonly trimmedUntil: number;
  /** Unix milliseconds. */
  readonly recordedSince: number;
  /** Whether it has every event that its hub ever accepted. */
  readonly isComplete: boolean;
  /** If the hub was restored: how far the epoch before this one had the same events. */
  readonly restoredFrom?: FeedPosition | undefined;
}

/** The version of pages: `docs/storage.md` says how to change it. */
export const REPLICA_FORMAT = 1;

/** The events of a part of the journal that a replica wants. */
export interface ReplicaPage {
  readonly format: number;
  readonly journal: JournalFacts;
  /**
   * The sequence that the part follows. A shard that has forgotten its position believes it, so a head only says what the shard
   * has confirmed. A hub may guess after it woke: a region head that wants something has its position stored.
   */
  readonly after: number;
  /** The last sequence of the part. */
  readonly through: number;
  /** Those of the part that the interest covers. Others are left out, so there are holes between slices. */
  readonly slices: readonly FeedSlice[];
  /** Whether events of the part may have been trimmed before they were fed. */
  readonly isMissing: boolean;
  /** Of the interest that was followed. */
  readonly version: number;
  readonly directory: ShardDirectory;
}

export interface ReplicaReceipt {
  /** How far the replica has the journal now. Below `after` if it lacks something in between; undefined for nothing. */
  readonly taken: FeedPosition | undefined;
  /** What it wants now, if that is not what the page followed. The only way in which a parent learns that it wants less. */
  readonly request?: InterestRequest;
  /** Open sockets, of a head with those of its shards. */
  readonly sockets: number;
}

/** All events of a part of the journal. */
export interface HistoryPage {
  readonly journal: JournalFacts;
  /** The sequence that the part follows: more than was asked for if what is between is not retained. */
  readonly after: number;
  readonly through: number;
  readonly slices: readonly FeedSlice[];
}

export type LocateQuery =
  /** The oldest events with this id, the oldest first. */
  | { readonly id: string }
  /** The last sequence that was accepted before a time. Unix milliseconds. */
  | { readonly before: number };

export type Located =
  | { readonly events: readonly { readonly sequence: number; readonly facts: EventFacts }[] }
  | { readonly after: number };

/** How many shards each region of a hub has. It changes seldom, and each change has a higher version. */
export interface ShardDirectory {
  readonly version: number;
  /** The region of the hub itself; undefined if nobody knows. */
  readonly home: Region | undefined;
  /**
   * Missing, or 0: the hub serves the region. 1: the region head does. More: the shards from 1 to this number, and the head
   * only those whose sockets it has.
   */
  readonly shards: Readonly<Partial<Record<Region, number>>>;
}

/** A token as all objects know it. */
export interface TokenId {
  /** The key of the Vault namespace whose authority knows it. */
  readonly authority: string;
  readonly id: number;
}

/** A handshake at a shard whose region has several. */
export interface Admission {
  /** Undefined for the root token. */
  readonly token: TokenId | undefined;
  /** Sockets of this token at the shard, with the handshakes that are under way. */
  readonly socketsOfToken: number;
  readonly stock?: StockAdmission | undefined;
}

/** Of a stock client that names no position. */
export interface StockAdmission {
  /** As `returnKeyFor` makes it. */
  readonly key: string;
  /** As the tags of sockets name it. */
  readonly owner: string;
  /** Sockets with this key at the shard, with the handshakes that are under way. */
  readonly open: number;
  /** What the shard has of the journal: a client that missed nothing starts there, or later. */
  readonly position: FeedPosition;
}

/** What a shard tells its head of its sockets. A report that comes late is recognised by its numbers. */
export interface ShardReport {
  /**
   * When the shard began without sockets. With another number than before, all sockets that it had before were lost, and
   * nobody saw it. Unix milliseconds.
   */
  readonly life: number;
  /** Rises with each report of a shard. */
  readonly sequence: number;
  /** Whether it was sent before, and the answer was lost: the head may have taken it. */
  readonly isRepeated: boolean;
  /** Open sockets of the shard. */
  readonly sockets: number;
  readonly ends: readonly EndedReturns[];
}

export interface Admitted {
  /** One for each admission, in their order. */
  readonly answers: readonly AdmissionAnswer[];
  readonly directory: ShardDirectory;
}

export type AdmissionAnswer =
  /** `token`: it has as many sockets in the region as it may have. `hub`: it cannot be asked what the client has missed. */
  | { readonly refused: 'token' | 'hub' }
  /**
   * What a stock client follows; undefined for the present. `floor`: where the first of an unbroken chain began. `cut`: it goes
   * on there. It counts as joined, and its end has to be told.
   */
  | { readonly start?: { readonly floor: number; readonly cut?: number | undefined } | undefined };

/** The sockets of stock clients with one key that have ended at a shard. */
export interface EndedReturns {
  readonly key: string;
  /** Those that are open there now, with the handshakes that are under way. */
  readonly open: number;
  /** Those whose clients sent no Close frame first. */
  readonly lost: number;
  /** Where some of the lost ones were cut, whose clients have everything before. */
  readonly cuts: readonly number[];
}

export interface ReplicaState {
  readonly name: string;
  readonly sockets: number;
  /** Events that it wants and has not confirmed. The parent of a replica knows that: a head says 0 of itself. */
  readonly lag: number;
  /** Why it says nothing, if it does not answer. */
  readonly problem?: string;
}

export interface RegionState {
  readonly head: ReplicaState;
  readonly shards: readonly ReplicaState[];
}
