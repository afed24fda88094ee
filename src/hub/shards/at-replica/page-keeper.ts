import type { FeedPosition } from '../../../objects/hub-contract.ts';
import type { ReplicaPage } from '../../../objects/replica-contract.ts';
import type { Interest } from '../../../subscription/interest.ts';
import type { ReplicaJournal } from './replica-journal.ts';

/** A page whose events are in memory. */
export interface TakenPage {
  readonly page: ReplicaPage;
  /** What it follows, as far as that is known. */
  readonly interest: Interest;
  /** Where the replica was before it. */
  readonly before: number;
  /** If it is the first page of another journal: the epoch of the one before. */
  readonly epochBefore: string | undefined;
  /** Resolves when the own subscribers have it; undefined if they do. */
  readonly delivered: Promise<void> | undefined;
}

/** What has to become of a page before its parent is told that it was taken. */
export interface PageKeeper {
  /** How far that is done; undefined if nobody knows. */
  readonly position: FeedPosition | undefined;
  keep(taken: TakenPage): Promise<void>;
}

/** Nobody depends on a shard but its subscribers. */
export class ShardKeeper implements PageKeeper {
  readonly #journal: ReplicaJournal;

  constructor(journal: ReplicaJournal) {
    this.#journal = journal;
  }

  get position(): FeedPosition | undefined {
    return this.#journal.position;
  }

  async keep({ delivered }: TakenPage): Promise<void> {
    await delivered;
  }
}
