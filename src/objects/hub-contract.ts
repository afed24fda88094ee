/** What the hubs answer to Workers, to authorities and to each other. */

import type { Region } from '../config/region.ts';
import type { EventBatch } from '../event/event-batch.ts';
import type { EventFacts } from '../event/facts.ts';
import type { Publication } from '../event/publication.ts';
import type { Result } from '../lib/result.ts';
import type { QuotaRefusal, Quotas } from '../namespace/quota.ts';
import type { Subscription } from '../subscription/handshake.ts';
import type { Announcement } from './announcement.ts';
import type { RestoreFailure, RestorePoint, StartedRestore } from './restoration-contract.ts';

/** What both kinds of hub answer. A subscriber's handshake is a `fetch`. */
export interface SubscriberHubContract {
  /**
   * Says that a token or a policy of an authority has changed. The hub asks the authority what.
   *
   * @param authority the key of its Vault namespace
   * @returns whether the hub has subscribers with tokens of this authority
   */
  authorityChanged(authority: string): Promise<boolean>;
  /**
   * The quotas that apply to the hub have changed. Release 0.2 lacks this.
   *
   * @returns whether the hub has something stored
   */
  setQuotas(quotas: Quotas): Promise<boolean>;
  /** The facts of the last events with this id, the newest first. */
  recall(id: string): Promise<EventFacts[]>;
  /** The state of the hub, for an operator. */
  state(): Promise<HubState>;
  /** How many subscribers the hub has, for a quota. Reads nothing that is stored. Release 0.2 lacks this. */
  countSubscribers(): number;
  /**
   * Lists open subscriptions, for an operator. A hub of release 0.2 lacks this method.
   *
   * @param after where the page begins; undefined for the first one
   */
  subscriptions(after: SubscriptionPosition | undefined, limit: number): Promise<SubscriptionPage>;
  /**
   * Closes a subscription. Its client may reconnect. A hub of release 0.2 lacks this method.
   *
   * @param key of `OpenSubscription`
   * @returns what was closed; undefined if there is no such subscription
   */
  closeSubscription(key: string): Promise<OpenSubscription | undefined>;
  /** Deletes everything if the storage cannot be read. @returns whether it did */
  reset(): Promise<boolean>;
  /** Closes all subscribers and deletes everything, for good. Later calls fail. */
  wipe(): Promise<void>;
  /** Closes all subscribers, and begins again without events. Release 0.2 lacks this. */
  clear(): Promise<void>;
  /** The bookmark of the present state. Release 0.2 lacks this. */
  bookmark(): Promise<Result<string>>;
  /** Closes all subscribers, and starts the object again with an earlier state. Release 0.2 lacks this. */
  restore(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>>;
}

/** What the hub of one event-type namespace answers. */
export interface HubContract extends SubscriberHubContract {
  /**
   * Publishes events of this event-type namespace, of several requests. The hub stores and delivers them before it
   * answers. Each request is stored whole or not at all, whatever becomes of the others.
   *
   * @returns for each request what became of it
   */
  publishAll(requests: readonly PublishRequest[]): Promise<PublishReceipt[]>;
  /**
   * The same for one request of a Worker of release 0.2.
   *
   * @param owner whose share of hubs and of the queue the events use
   */
  publish(publications: readonly Publication[], owner: string): Promise<Published>;
  /**
   * Tells the hub whether a wildcard hub wants its events. The request with the highest version counts.
   *
   * @param position how far the wildcard hub has the journal; undefined for nothing
   * @returns the newest events that the wildcard hub lacks, within the limits; undefined if the hub has nothing stored
   */
  requestFeed(
    wildcardHub: string,
    request: FeedRequest,
    position: FeedPosition | undefined,
    maxEvents: number,
    maxBytes: number,
  ): Promise<Backfill | undefined>;
  /**
   * Says what the destinations of a Vault namespace want of this hub: that of the hub, or one above. The announcement with the
   * highest version counts. When this is answered, the dispatcher of the hub's own namespace is notified of every later event
   * that is wanted. Release 0.2 lacks this.
   *
   * @param dispatcher the key of that Vault namespace
   * @returns where the journal ends; undefined if the hub has nothing stored
   */
  announce(dispatcher: string, announcement: Announcement): Promise<FeedPosition | undefined>;
  /** Moves the hub to another place. Release 0.2 lacks this. */
  move(step: MoveStep): Promise<Result<MoveProgress>>;
  /** The segments after the one that begins with this sequence. Release 0.2 lacks this. */
  movePage(after: number): Promise<Result<MovePage>>;
}

/** A step of a move, for the object at the old or at the new place. Each can be repeated. */
export type MoveStep =
  /** The old one serves nothing any more, so that what it stores stays as it is. */
  | { readonly step: 'leave'; readonly to: number }
  /** The new one takes the events of the old one, and serves once it has them all. */
  | { readonly step: 'arrive'; readonly from: number }
  /** The old one has the new one abandon what it took, and serves again. */
  | { readonly step: 'return' }
  | { readonly step: 'abandon' }
  /** The new one has the old one forget the events. */
  | { readonly step: 'finish' }
  | { readonly step: 'forget'; readonly by: number }
  /** The namespace is deleted: all that is stored at another place is, too. */
  | { readonly step: 'wipe'; readonly by: number };

/** How far a hub is with a move. */
export interface MoveProgress {
  readonly isDone: boolean;
  /** How many there are. */
  readonly events: number;
  readonly copied: number;
}

/** A row of a table, by the names of its columns. */
type StoredRow = Readonly<Record<string, string | number | ArrayBuffer | null>>;

/** Rows of the journal of a hub that leaves its place, and what stays when all rows are trimmed. */
export interface MovePage {
  /** The version of the schema of these rows. */
  readonly schema: number;
  readonly rows: readonly StoredRow[];
  readonly isLast: boolean;
  /** Key-value entries: the header of the journal, the directory of its shards, and the key of the cursors. Secret. */
  readonly entries: readonly (readonly [string, unknown])[];
  /** Of the whole journal. */
  readonly segments: number;
  readonly events: number;
  /** With the last page: the rows of `returns`. Their sockets were lost when the hub left. */
  readonly returns?: readonly StoredRow[];
  /** With the last page: the rows of `replicas`. They call the hub by its name, so they stay. */
  readonly replicas?: readonly StoredRow[];
}

/** What the wildcard hub of one Vault namespace answers. */
export interface WildcardHubContract extends SubscriberHubContract {
  /**
   * Registers a hub of this Vault namespace, or of one below, before its first event is acknowledged.
   *
   * @returns whether the hub is to feed this wildcard hub, or why it gets no slot
   * @throws if the Vault namespace was deleted
   */
  register(
    hub: string,
    registration?: Registration,
  ): Promise<Result<FeedRequest, RegistrationRefusal>>;
  /**
   * Registers a hub that has subscribers and no events. It takes no slot.
   *
   * @returns whether the hub is registered as one that has events
   */
  registerWithoutEvents(hub: string): Promise<boolean>;
  /** Removes a hub that has no events any more. */
  unregister(hub: string, unregistration: Unregistration): Promise<void>;
  /**
   * The names of the hubs that have events.
   *
   * @param which `own`: only those of this Vault namespace, and also those that only have subscribers. A wildcard hub of
   *   release 0.2 does not know the parameter
   */
  hubs(which?: 'own'): Promise<string[]>;
  /**
   * For the dispatcher of this Vault namespace: what it wants of hubs that register later, here or in namespaces below. Release
   * 0.2 lacks this.
   *
   * @returns the names of the hubs that are registered, as `hubs` does
   */
  announce(announcement: Announcement): Promise<string[]>;
  /** Takes a page of the journal of a hub and delivers it. */
  receive(page: FeedPage): Promise<FeedReceipt>;
}

/** The events of one request. */
export interface PublishRequest {
  /** Whose share of hubs and of the queue the events use. */
  readonly owner: string;
  readonly events: EventBatch;
  /** Where the publisher is. The region of the first request is that of the hub. */
  readonly region?: Region | undefined;
}

/** Why a hub takes no event of a request: it gets no slot, a quota is used up, or too many events wait to be stored. */
export type PublishRefusal = RegistrationRefusal['reason'] | 'overloaded';

/** What became of the events of one request. */
export type PublishReceipt =
  | {
      /** The indexes of the events that are duplicates. The others were stored. */
      readonly duplicates: readonly number[];
    }
  | { readonly refused: PublishRefusal; readonly quota?: QuotaRefusal | undefined }
  /** The message of the error because of which none was stored, or it is unknown whether they were. */
  | { readonly failed: string };

/** What became of the events of one `publish`. */
export interface Published {
  /** The keys of the events that were new. The others are duplicates. */
  readonly keys: readonly string[];
  /** Why none was accepted. */
  readonly refused?: PublishRefusal;
}

/** The state of a hub, for an operator. */
export interface HubState {
  /** `empty`: nothing is stored. `moving`: the object serves nothing, because the hub moves. `unsupported`: the storage has the schema of another release. */
  readonly state: 'ok' | 'empty' | 'moving' | 'unreadable' | 'unsupported';
  /** What is wrong. */
  readonly problem?: string;
  readonly subscribers: number;
  /** The release that runs the hub, and its version of the contracts. Undefined: release 0.2.0. */
  readonly release?: string;
  readonly contract?: number;
  /** The region of the hub itself, if it is known. */
  readonly home?: Region;
  /** The regions that have a head. */
  readonly regions?: Readonly<Partial<Record<Region, HubRegion>>>;
}

/** What a hub knows of a region. */
export interface HubRegion {
  /** As in the directory: 1 for the head. */
  readonly shards: number;
  /** Events that it wants and has not confirmed. */
  readonly lag: number;
}

/** Where a page of subscriptions begins: they are in the order of their classes, and of their keys. */
export interface SubscriptionPosition {
  readonly class: number;
  /** The key of the last subscription that was listed. */
  readonly key: string;
}

/** A subscription whose socket is open. */
export interface OpenSubscription {
  readonly class: number;
  /** No other subscription of the hub has it. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
  readonly subscription: Subscription;
  /** Whether a Worker holds the socket, and passes the events on without a WebSocket. */
  readonly isStream: boolean;
  /** Undefined for the root token. */
  readonly token: { readonly authority: string; readonly id: number } | undefined;
  /** Undefined for a stock client, which acknowledges nothing. */
  readonly progress: SubscriberProgress | undefined;
}

/** How far a `carillon.v1` subscriber is. */
export interface SubscriberProgress {
  /** Events of the journal that it has not been sent yet, whether they match or not. */
  readonly lag: number;
  /** What it was sent since the hub woke, and has not acknowledged. */
  readonly unacknowledged: { readonly events: number; readonly bytes: number };
}

export interface SubscriptionPage {
  readonly subscriptions: readonly OpenSubscription[];
  /** Whether others follow. */
  readonly hasMore: boolean;
  /** Subscriptions that release 0.2 opened: their sockets have no key. They are not listed. */
  readonly unlisted: number;
  /** How many shards each region has, as in the directory: their subscriptions follow in the list. */
  readonly shards?: Readonly<Partial<Record<Region, number>>>;
}

/**
 * The version of feed pages and backfills. While a release is deployed, a hub and a wildcard hub are of different
 * releases: `docs/storage.md` says how to change it.
 */
export const FEED_FORMAT = 2;

/** Whether a wildcard hub wants the events of a hub. Requests may overtake each other: the highest version counts. */
export interface FeedRequest {
  readonly wanted: boolean;
  readonly version: number;
  /** The newest format of feeds that the wildcard hub reads. The hub sends none that is newer. */
  readonly maxFormat: number;
  /** Whether the wildcard hub knew the hub before. */
  readonly wasRegistered?: boolean;
  /** What the destinations of the wildcard hub's Vault namespace want; missing if there never was one. */
  readonly announcement?: Announcement;
}

/**
 * Why a hub gets no slot: the Vault namespace, or the publisher of its first event, has as many hubs as it may, or as many
 * as the quota allows.
 */
export interface RegistrationRefusal {
  readonly reason: 'too_many_hubs' | 'too_many_of_publisher' | 'over_quota';
  readonly quota?: QuotaRefusal;
}

/** What a hub says of itself when it registers. */
export interface Registration {
  /** The owner of its first event, whose share of slots it uses. */
  readonly publisher?: string | undefined;
  /** Where its journal ended before it unregistered; undefined if it never had one. */
  readonly journalEnd?: FeedPosition | undefined;
  /** Whether it has registered before. If the wildcard hub does not know it, the registry was lost. */
  readonly isRenewal?: boolean;
}

/** What a hub says of itself when it unregisters: its journal has no event any more. */
export interface Unregistration {
  readonly epoch: string | undefined;
  /** When the last of its events was accepted. Unix milliseconds. */
  readonly trimmedUntil: number;
  /** The sequence of that event; undefined if it is unknown. */
  readonly trimmedThrough?: number;
  /** Of the last feed request that it received; 0 for none. A later one was made after the hub had come back. */
  readonly version: number;
}

/** How far a wildcard hub has the journal of a hub. */
export interface FeedPosition {
  readonly epoch: string;
  /** The last sequence that it has taken. */
  readonly taken: number;
}

/** A record of the journal of a hub, as releases before 0.3 feed it. */
export interface FeedRecord {
  readonly sequence: number;
  readonly key: string;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** The JSON frame; null for a gap. */
  readonly json: string | null;
}

/** Records of the journal of a hub that follow each other. */
export interface FeedSlice {
  /** The sequence of the first. */
  readonly first: number;
  /** Of each, in Unix milliseconds. */
  readonly acceptedAt: Float64Array;
  /** A record without a frame is a gap. */
  readonly records: EventBatch;
}

/** What is fed, in the format of the message. */
export type Fed =
  | { readonly format: 1; readonly records: readonly FeedRecord[] }
  | { readonly format: 2; readonly slices: readonly FeedSlice[] };

/** A page of the journal of a hub. */
export type FeedPage = FeedPageHeader & Fed;

interface FeedPageHeader {
  readonly hub: string;
  readonly epoch: string;
  /** Entries up to this sequence are not retained any more. */
  readonly trimmedThrough: number;
  /** The sequence that the records follow. */
  readonly after: number;
  /** Of the feed request that the hub follows. */
  readonly version: number;
  /** If the hub was restored: how far the epoch before this one had the same events. */
  readonly restoredFrom?: FeedPosition | undefined;
}

export interface FeedReceipt {
  /** How far the wildcard hub has the journal now. Below `after` if it lacks something in between. */
  readonly taken: number;
  /**
   * Whether the hub is to go on. This is the only way in which a hub learns that it is not. Undefined if the wildcard
   * hub does not know the hub.
   */
  readonly request: FeedRequest | undefined;
}

/** The retained events of a hub, for a wildcard hub that it has not fed so far. */
export type Backfill = BackfillHeader & Fed;

interface BackfillHeader {
  readonly epoch: string;
  /** When the journal began. Unix milliseconds. */
  readonly recordedSince: number;
  /** When the last event was accepted that is left out, because of its age or the limits; 0 for none. */
  readonly trimmedUntil: number;
  /** The sequence that the records follow. */
  readonly after: number;
  /** The last sequence of the journal. */
  readonly last: number;
}
