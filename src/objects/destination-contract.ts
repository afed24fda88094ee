/**
 * What dispatchers and destinations answer. A destination is a durable subscription that the server delivers to; each is an
 * object. The dispatcher of a Vault namespace knows its destinations and what they want. Hubs tell it that something is new,
 * and it wakes the destinations that match. A destination reads the journals of the hubs itself.
 */

import type { Agreement } from '../destination/agreement.ts';
import type { DestinationSettings } from '../destination/settings.ts';
import type { StartPosition } from '../destination/start-position.ts';
import type { Result } from '../lib/result.ts';
import type { Announcement } from './announcement.ts';
import type { FeedPosition } from './hub-contract.ts';

/** What the dispatcher of a Vault namespace answers. */
export interface DispatcherContract {
  /**
   * Creates a destination, or changes its settings. When this is answered, no event that is accepted later is missed.
   *
   * @throws if the Vault namespace does not exist, or a hub cannot be asked
   */
  put(name: string, write: DestinationWrite): Promise<Result<undefined>>;
  /**
   * Refused while another destination hands over to it what it cannot deliver.
   *
   * @returns false if there is none
   */
  delete(name: string): Promise<Result<boolean>>;
  /** In order. Not those that are being created or deleted. */
  names(): string[];
  /** What an operator asks of a destination. @returns undefined if there is no such destination */
  command(name: string, command: DestinationCommand): Promise<Result<CommandAnswer> | undefined>;
  /** A hub of this Vault namespace has new events. Answered when each destination that wants them will read them. */
  notify(notice: Notice): Promise<void>;
  /** The same from the dispatcher of a namespace below. */
  forwarded(notice: Notice): Promise<void>;
  /** For the wildcard hub of this Vault namespace, after it was restored. */
  announcement(): Announcement;
  /** Deletes all destinations, for good: the Vault namespace is deleted. Later calls fail. */
  wipe(): Promise<void>;
}

export interface DestinationWrite {
  readonly settings: DestinationSettings;
  /** Where a new destination starts; undefined for now. It does not move one that exists. */
  readonly start: StartPosition | undefined;
  /** Of a webhook; undefined to keep those that are stored. In the order in which they sign. */
  readonly secrets: readonly string[] | undefined;
  /** What the receiver agreed to; undefined if it need not agree. */
  readonly agreement?: Agreement | undefined;
  /** Whose share of destinations it uses, and of what a hub reads for others: of one that exists, whoever created it. */
  readonly owner: string;
}

export type DestinationCommand =
  /** Sends a sample now, once, whatever the state is. Nothing is stored but the attempt. */
  | { readonly kind: 'test' }
  | { readonly kind: 'pause' }
  /** Also after it was paused because something could not be delivered: that is tried again at once. */
  | { readonly kind: 'resume' }
  /** Delivers again what the policies allow now, from a position. */
  | { readonly kind: 'replay'; readonly from: StartPosition };

/** What became of a command. Of a test: the attempt. */
export interface CommandAnswer {
  readonly attempt?: Attempt;
}

/** A hub has new events. */
export interface Notice {
  readonly hub: string;
  /** The types of the events, without repetition; undefined if there are too many, or nobody knows. */
  readonly types: readonly string[] | undefined;
  /** The keys of the Vault namespaces whose dispatchers want them: that of the hub, and namespaces above. */
  readonly dispatchers: readonly string[];
}

/** What a destination answers. */
export interface DestinationContract {
  /**
   * For its dispatcher: takes settings, and begins.
   *
   * @param ends where the journals of the hubs ended that it may want: it starts there, at those that it did not know
   */
  configure(
    write: DestinationWrite,
    ends: Readonly<Record<string, FeedPosition>>,
  ): Promise<Result<undefined>>;
  /**
   * For its dispatcher: hubs have new events. They will be read when this is answered. It is never woken while it is being
   * configured, so a hub that it does not know came after that: nothing of its journal was before.
   */
  wake(hubs: readonly string[]): Promise<WakeAnswer>;
  /** For its dispatcher. */
  command(command: DestinationCommand): Promise<Result<CommandAnswer>>;
  /** For another destination of the Vault namespace: events that it could not deliver. Stored when this is answered. */
  takeDeadLetters(letters: readonly HandedOver[]): Promise<Result<undefined>>;
  describe(): Promise<DestinationDescription | undefined>;
  /** The last ones, the newest first. */
  attempts(): Attempt[];
  /** Deletes everything. A later `configure` makes another destination. */
  wipe(): Promise<void>;
}

export interface WakeAnswer {
  /**
   * Until when it need not be woken: it is paused, or waits before it tries again. What is new meanwhile is told it then. Unix
   * milliseconds; undefined if it is to be woken.
   */
  readonly quietUntil?: number;
}

/** An event that a destination could not deliver, on its way to another one. */
export interface HandedOver {
  /** The same if it is handed over again, because an answer was lost. */
  readonly id: string;
  readonly hub: string;
  readonly sequence: number;
  readonly json: string;
  /** The name of the destination that could not deliver it. */
  readonly from: string;
}

export interface DestinationDescription {
  readonly settings: DestinationSettings;
  /** How many secrets there are. */
  readonly secrets: number;
  /** Those by which a receiver verifies what the secrets with key pairs sign: `whpk_…`, in the order of the secrets. */
  readonly publicKeys: readonly string[];
  /** Under which key they are encrypted. */
  readonly key: 'current' | 'old' | 'missing';
  readonly state: DestinationState;
}

/** Times are in Unix milliseconds. */
export interface DestinationState {
  /** `failing`: the last attempt failed, and there is a next one. */
  readonly status: 'active' | 'failing' | 'paused';
  /** Why it is paused. */
  readonly reason?: 'operator' | 'undelivered' | 'gone';
  /** What keeps it from delivering, if it is not the receiver: somebody else cannot be asked. */
  readonly problem?: string;
  /** How far it is with each hub from which it has read, by the name of the hub. */
  readonly positions: Readonly<Record<string, DestinationPosition>>;
  readonly lastSuccessAt?: number;
  /** Attempts that failed since the last success. */
  readonly failures: number;
  readonly nextAttemptAt?: number;
  /** Events since it was created: delivered, given up, refused by the policies at the time, and gaps. */
  readonly delivered: number;
  readonly deadLettered: number;
  readonly gaps: number;
}

export interface DestinationPosition {
  readonly epoch: string;
  /** The sequence up to which everything that it wants was delivered. */
  readonly sequence: number;
  /** The last sequence of the journal that it knows of. */
  readonly last: number;
}

export interface Attempt {
  /** Unix milliseconds. */
  readonly at: number;
  readonly batch: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly events: number;
  readonly result: 'delivered' | 'failed' | 'gone' | 'too_large';
  readonly status?: number;
  readonly durationMs: number;
  /** The first characters of the answer, or the message of the error. */
  readonly answer: string;
}
