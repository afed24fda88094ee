/** How a replica ends: nobody wants anything of it any more, and its parent feeds it nothing then. */

import { isNamespaceDeleted } from '../../../objects/namespace-end.ts';
import type { AuthoritySync } from '../../authority-sync/authority-sync.ts';
import type { Teardown } from '../../composed-hub.ts';
import type { FanOut } from '../../delivery/fan-out.ts';
import type { SocketCount } from '../../subscribers/socket-count.ts';
import type { ParentLink } from './parent-link.ts';
import type { ReplicaInterest } from './replica-interest.ts';

interface TeardownParts {
  readonly authoritySync: AuthoritySync;
  readonly fanOut: FanOut;
  readonly socketCount: SocketCount;
  readonly interest: ReplicaInterest;
  readonly link: ParentLink;
  /** Whether nothing else is left to do: no stock client may return. */
  readonly isIdle: () => boolean;
}

export class ReplicaTeardown implements Teardown {
  readonly #parts: TeardownParts;

  constructor(parts: TeardownParts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    const { socketCount, interest, isIdle } = this.#parts;
    // Thousands may close at once: what they wanted is looked at when the last has gone.
    return socketCount.value === 0 && interest.isEmpty && isIdle();
  }

  async leave(why: 'idle' | 'emptied' | 'deleted'): Promise<void> {
    const { authoritySync, fanOut, link } = this.#parts;
    // Else the parent has asked for it, and waits.
    if (why === 'idle') await this.#leaveParent(link);
    await authoritySync.unwatchAll(why === 'deleted' ? why : 'idle');
    await fanOut.finished();
  }

  retainedEntries(): [string, unknown][] {
    return [];
  }

  async #leaveParent(link: ParentLink): Promise<void> {
    try {
      await link.leave();
    } catch (error) {
      // It feeds nobody any more.
      if (!isNamespaceDeleted(error)) throw error;
    }
  }
}
