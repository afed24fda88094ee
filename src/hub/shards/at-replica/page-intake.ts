/**
 * Takes pages of the journal, one after the other: those that the parent feeds, and those with which it answers. Subscribers
 * get what is new in them.
 */

import { charactersOf } from '../../../objects/feed-slice.ts';
import type { AttachAnswer, ReplicaPage } from '../../../objects/replica-contract.ts';
import { REPLICA_FORMAT } from '../../../objects/replica-contract.ts';
import { CLOSE_CODES } from '../../../wire/carillon-v1/close-codes.ts';
import type { AuthoritySync } from '../../authority-sync/authority-sync.ts';
import type { FanOut } from '../../delivery/fan-out.ts';
import { CURSOR_KEY, type CursorCodec } from '../../journal/cursor-codec.ts';
import type { HubMemory } from '../../memory-budget.ts';
import type { SocketCloser } from '../../subscribers/socket-closer.ts';
import { isOpen } from '../../subscribers/subscription-classes.ts';
import type { KnownDirectory } from '../placement/known-directory.ts';
import type { KnownEpoch } from './known-epoch.ts';
import type { PageKeeper } from './page-keeper.ts';
import type { ReplicaInterest } from './replica-interest.ts';
import type { ReplicaJournal, Taken } from './replica-journal.ts';

interface PageIntakeParts {
  readonly ctx: DurableObjectState;
  readonly journal: ReplicaJournal;
  readonly cursors: CursorCodec;
  readonly memory: HubMemory;
  readonly authoritySync: AuthoritySync;
  readonly closer: SocketCloser;
  readonly fanOut: FanOut;
  readonly epoch: KnownEpoch;
  readonly interest: ReplicaInterest;
  readonly directory: KnownDirectory;
  readonly keeper: PageKeeper;
}

export class PageIntake {
  readonly #parts: PageIntakeParts;
  /** Resolves when the page before is taken. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: PageIntakeParts) {
    this.#parts = parts;
  }

  /** @returns resolves when everything that was taken is kept; undefined if nothing of it can be taken */
  fed(page: ReplicaPage): Promise<Kept | undefined> {
    return this.#enqueue(page, (journal) => journal.take(page));
  }

  /**
   * The page with which the parent has answered.
   *
   * @param wantsMore whether more was asked for than was confirmed before
   * @param taken runs in the turn in which the page is taken
   */
  answered(answer: AttachAnswer, wantsMore: boolean, taken: () => void): Promise<Kept | undefined> {
    return this.#enqueue(answer.page, (journal) => {
      const result = journal.attached(answer, wantsMore);
      if (typeof result === 'string') return result;
      this.#parts.cursors.useKey(answer.cursorKey);
      taken();
      return result;
    });
  }

  async #enqueue(
    page: ReplicaPage,
    take: (journal: ReplicaJournal) => Taken,
  ): Promise<Kept | undefined> {
    const { format, slices } = page;
    if (format > REPLICA_FORMAT) throw new Error(`a page in format ${format} cannot be read yet`);
    const { waiting } = this.#parts.memory;
    const size = charactersOf(slices);
    if (!waiting.reserve(size)) return undefined;
    let kept: Kept | undefined;
    try {
      const turn = this.#last.then(() => this.#take(page, take));
      this.#last = turn.catch(() => undefined);
      kept = await turn;
      return kept;
    } finally {
      const release = () => waiting.release(size);
      if (kept === undefined) release();
      else kept.whole.then(release, release);
    }
  }

  async #take(
    page: ReplicaPage,
    take: (journal: ReplicaJournal) => Taken,
  ): Promise<Kept | undefined> {
    const { journal, authoritySync, fanOut, epoch, interest, directory, keeper } = this.#parts;
    await authoritySync.confirm(Date.now());
    const epochBefore = epoch.before(page.journal);
    if (epochBefore !== undefined) this.#beginAgain();
    const before = journal.position?.taken ?? page.after;
    const taken = take(journal);
    if (typeof taken === 'string') return undefined;
    epoch.note(page.journal);
    directory.take(page.directory);
    interest.follow(page);
    const delivered = fanOut.hasSubscribers ? fanOut.deliver(taken.entries) : undefined;
    return {
      whole: keeper.keep({
        page,
        interest: interest.followedBy(page),
        before,
        epochBefore,
        delivered,
      }),
    };
  }

  /** The hub has another journal: what subscribers have of the one before leads nowhere. */
  #beginAgain(): void {
    const { ctx, journal, closer } = this.#parts;
    const open = ctx.getWebSockets().filter(isOpen);
    closer.close(open, 'unavailable', CLOSE_CODES.tryAgainLater, 'resume');
    journal.forget();
    // The next attach brings that of the new journal.
    ctx.storage.kv.delete(CURSOR_KEY);
  }
}

interface Kept {
  readonly whole: Promise<void>;
}
