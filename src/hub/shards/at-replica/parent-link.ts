/**
 * What a replica asks of its parent: events of a subscription from now on, and where it is itself if it has forgotten. One
 * attach is under way at a time, for all that wait.
 */

import type { ParentContract } from '../../../objects/replica-contract.ts';
import { withTimeout } from '../../../objects/with-timeout.ts';
import type { Interest } from '../../../subscription/interest.ts';
import type { Matcher } from '../../../subscription/matcher.ts';
import type { CursorCodec } from '../../journal/cursor-codec.ts';
import { MAX_ATTACH_MS } from '../../limits.ts';
import type { EventSupply } from '../../subscribers/event-supply.ts';
import type { PageIntake } from './page-intake.ts';
import type { ReplicaInterest } from './replica-interest.ts';
import type { ReplicaJournal } from './replica-journal.ts';
import type { StoredInterest } from './stored-interest.ts';

/** One may be under way already, and one may be overtaken. */
const ATTEMPTS = 4;

interface ParentLinkParts {
  readonly name: string;
  readonly parent: ParentContract;
  readonly journal: ReplicaJournal;
  readonly cursors: CursorCodec;
  readonly interest: ReplicaInterest;
  readonly storedInterest: StoredInterest;
  readonly intake: PageIntake;
}

export class ParentLink implements EventSupply {
  readonly #parts: ParentLinkParts;
  /** Resolves when the attach before has ended. */
  #last: Promise<unknown> = Promise.resolve();
  /** The next one for all that wait, or the one that is under way. */
  #shared: Promise<void> | undefined;
  /** The highest sequence that somebody waits for. */
  #reach = 0;

  constructor(parts: ParentLinkParts) {
    this.#parts = parts;
  }

  /**
   * Finds out where the replica is, if it has forgotten that.
   *
   * @returns undefined if it knows
   */
  ready(): Promise<void> | undefined {
    if (this.#isReady) return undefined;
    const attached = this.#attached();
    // Some only look whether it is.
    attached.catch(() => undefined);
    return attached;
  }

  /** Makes sure that the events of a subscription reach this replica from now on. */
  async prepare({ pattern, namespaces }: Matcher): Promise<undefined> {
    await this.confirm([{ pattern, namespaces }]);
  }

  /** The same for what a shard wants. */
  async confirm(wanted: Interest): Promise<void> {
    const { interest } = this.#parts;
    const isConfirmed = () => this.#isReady && interest.isConfirmed(wanted);
    if (isConfirmed()) return;
    await interest.awaiting(wanted, async () => {
      // The attach that is under way may have been sent before.
      for (let attempt = 0; !isConfirmed(); attempt++) {
        if (attempt === ATTEMPTS) throw new Error('the parent does not confirm what is wanted');
        await this.#attached(wanted);
      }
    });
  }

  /** Takes the journal up to a sequence. If the parent has less, it is taken up to there. */
  async reach(sequence: number): Promise<void> {
    const { journal } = this.#parts;
    this.#reach = Math.max(this.#reach, sequence);
    for (let attempt = 0; attempt < 2 && journal.last < sequence; attempt++) await this.#attached();
  }

  /** Nothing is wanted any more. */
  async leave(): Promise<void> {
    const { name, parent, interest, journal } = this.#parts;
    await parent.attach(name, { ...interest.request([]), position: journal.position });
  }

  get #isReady(): boolean {
    const { journal, cursors } = this.#parts;
    return journal.position !== undefined && cursors.hasEncoded;
  }

  /**
   * If what all want together cannot be had, each asks alone: what one wants may be of a hub that does not answer.
   *
   * @param wanted what the caller waits for
   */
  async #attached(wanted: Interest = []): Promise<void> {
    const { interest } = this.#parts;
    const giveUpAt = Date.now() + MAX_ATTACH_MS;
    this.#shared ??= this.#inTurn(() => this.#attach()).finally(() => {
      this.#shared = undefined;
    });
    try {
      await this.#shared;
    } catch (error) {
      if (!interest.isAwaitedBesides(wanted)) throw error;
      await this.#inTurn(async () => {
        if (this.#isReady && interest.isConfirmed(wanted)) return;
        if (Date.now() >= giveUpAt) throw error;
        await this.#attach(wanted);
      });
    }
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** @param alone what is asked for beside what is confirmed; undefined for all that is wanted */
  async #attach(alone?: Interest): Promise<void> {
    const { name, parent, journal, interest, storedInterest, intake } = this.#parts;
    const wish = interest.request(alone && interest.confirmedWith(alone));
    const reach = this.#reach;
    this.#reach = 0;
    // The parent has forgotten it, and need not feed what came since then.
    if (storedInterest.isNothing) journal.forget();
    for (let hasMore = true; hasMore; ) {
      const request = { ...wish, position: journal.position, ...(reach > 0 && { reach }) };
      const answer = await withTimeout(MAX_ATTACH_MS, parent.attach(name, request));
      if (answer.version > wish.version) {
        interest.overtaken(answer.version);
        this.#reach = Math.max(this.#reach, reach);
        return this.#attach(alone);
      }
      const wantsMore = interest.isMore(wish.interest);
      const taken = await intake.answered(answer, wantsMore, () => {
        interest.confirm(wish);
        storedInterest.note(wish);
      });
      if (taken === undefined) throw new Error('the parent answers what cannot be taken now');
      hasMore = answer.hasMore;
    }
  }
}
