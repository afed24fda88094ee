/**
 * What a replica wants of its parent, and what the parent has confirmed. A wish that grows is confirmed by an attach before
 * a subscriber relies on it. One that shrinks is told with the next receipt.
 */

import type { InterestRequest, ReplicaPage } from '../../../objects/replica-contract.ts';
import {
  covers,
  type Interest,
  interestIn,
  isSameInterest,
  type Wanted,
} from '../../../subscription/interest.ts';
import type { SubscriptionClasses } from '../../subscribers/subscription-classes.ts';
import type { RecentInterest } from './recent-interest.ts';

interface ReplicaInterestParts {
  readonly classes: SubscriptionClasses;
  readonly recent: RecentInterest;
  /** Of a region head. */
  readonly shards?: ShardInterest | undefined;
  /** What the last page follows that a region head has stored. */
  readonly stored?: InterestRequest | undefined;
}

/** What the shards of a region head want. */
export interface ShardInterest {
  /** How often it has changed. */
  readonly changes: number;
  readonly isEmpty: boolean;
  wanted(): Wanted[];
}

export class ReplicaInterest {
  readonly #parts: ReplicaInterestParts;
  /** What all pages follow that the replica has, as long as that is known only of those. */
  #followed: InterestRequest | undefined;
  /** What handshakes and shards wait for. */
  readonly #awaited = new Set<Interest>();
  /** What every page covers that is built from now on; undefined until it is known. */
  #confirmed: InterestRequest | undefined;
  /** The last version that was used, or that the parent has named. */
  #version = 0;
  /** Computed when something has changed. */
  #present: { readonly of: string; readonly interest: Interest } | undefined;

  constructor(parts: ReplicaInterestParts) {
    this.#parts = parts;
    this.#followed = parts.stored;
  }

  /** What it wants now. */
  get present(): Interest {
    const { classes, recent, shards } = this.#parts;
    classes.forgetEmpty();
    const of = `${classes.changes} ${recent.changes} ${shards?.changes}`;
    if (this.#present?.of !== of) {
      const own = classes.all().map(({ subscription }) => subscription);
      const ofShards = shards?.wanted() ?? [];
      this.#present = { of, interest: interestIn([...own, ...recent.all(), ...ofShards]) };
    }
    const { interest } = this.#present;
    return this.#awaited.size === 0
      ? interest
      : interestIn([...interest, ...[...this.#awaited].flat()]);
  }

  /** Whether nothing is wanted, as far as no socket is open. */
  get isEmpty(): boolean {
    const { classes, recent, shards } = this.#parts;
    if (this.#awaited.size > 0 || shards?.isEmpty === false) return false;
    classes.forgetEmpty();
    return classes.size === 0 && recent.isEmpty;
  }

  /** Whether the parent has confirmed an interest that covers this one. */
  isConfirmed(interest: Interest): boolean {
    const confirmed = this.#confirmed;
    return (
      confirmed !== undefined && interest.every((wanted) => covers(confirmed.interest, wanted))
    );
  }

  /** Whether others wait, too. @param interest what the one that asks waits for */
  isAwaitedBesides(interest: Interest): boolean {
    return this.#awaited.size > (interest.length > 0 ? 1 : 0);
  }

  /** What is confirmed, and this. If nobody knows what is confirmed: what those want who have been accepted. */
  confirmedWith(interest: Interest): Interest {
    const { classes, recent, shards } = this.#parts;
    const used = classes.all().filter(({ isUsed, handshakes }) => isUsed || handshakes === 0);
    const accepted = () => [
      ...used.map(({ subscription }) => subscription),
      ...recent.all(),
      ...(shards?.wanted() ?? []),
    ];
    return interestIn([...(this.#confirmed?.interest ?? accepted()), ...interest]);
  }

  /** Whether the pages that the replica has may lack some of it. */
  isMore(interest: Interest): boolean {
    if (this.isConfirmed(interest)) return false;
    const followed = this.#confirmed === undefined ? this.#followed : undefined;
    return !interest.every((wanted) => followed && covers(followed.interest, wanted));
  }

  /** A page is taken. */
  follow({ version }: ReplicaPage): void {
    if (this.#followed?.version !== version) this.#followed = undefined;
  }

  /** What a page follows, as far as that is known. */
  followedBy({ version }: ReplicaPage): Interest {
    const request = [this.#confirmed, this.#followed].find((each) => each?.version === version);
    return request?.interest ?? [];
  }

  /** Something counts as wanted while `during` runs. */
  async awaiting(interest: Interest, during: () => Promise<void>): Promise<void> {
    // A copy: two that wait may want the same object.
    const awaited = [...interest];
    this.#awaited.add(awaited);
    try {
      await during();
    } finally {
      this.#awaited.delete(awaited);
    }
  }

  /** The request for what it wants now. */
  request(interest = this.present): InterestRequest {
    this.#version = Math.max(Date.now(), this.#version + 1);
    return { version: this.#version, interest };
  }

  /** The parent knows a request with a higher version than the one that it was sent. */
  overtaken(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  /** The parent has answered to a request. */
  confirm(request: InterestRequest): void {
    if (request.version < (this.#confirmed?.version ?? 0)) return;
    this.#confirmed = request;
  }

  /** The request that a receipt has: if less is wanted than the page follows, or nobody knows any more what it follows. */
  lessThan({ version }: ReplicaPage): InterestRequest | undefined {
    this.overtaken(version);
    const { present } = this;
    const confirmed = this.#confirmed;
    // Something new is asked for with an attach, which has to be answered.
    if (confirmed === undefined ? this.#isGrowing : !this.isConfirmed(present)) return undefined;
    if (
      confirmed !== undefined &&
      version >= confirmed.version &&
      isSameInterest(present, confirmed.interest)
    ) {
      return undefined;
    }
    this.#confirmed = this.request(present);
    return this.#confirmed;
  }

  /** Whether something may be wanted that was never confirmed. */
  get #isGrowing(): boolean {
    return (
      this.#awaited.size > 0 || this.#parts.classes.all().some(({ handshakes }) => handshakes > 0)
    );
  }
}
