/** Closes the sockets of tokens that have expired. The authority is asked first: it may have renewed the token. */

import type { AlarmTask } from '../../objects/alarms.ts';
import type { AccessChanges } from './access-changes.ts';
import type { AuthoritySync } from './authority-sync.ts';
import type { WatchedTokens } from './watched-tokens.ts';

export class TokenExpiry implements AlarmTask {
  readonly #sync: AuthoritySync;
  readonly #tokens: WatchedTokens;
  readonly #accessChanges: AccessChanges;

  constructor(sync: AuthoritySync, tokens: WatchedTokens, accessChanges: AccessChanges) {
    this.#sync = sync;
    this.#tokens = tokens;
    this.#accessChanges = accessChanges;
  }

  /**
   * Confirms what the hub knows, and closes what has expired.
   *
   * @returns undefined if that is done at once
   */
  enforce(): Promise<void> | undefined {
    const confirmed = this.#sync.confirm(Date.now());
    if (confirmed !== undefined) return confirmed.then(() => this.closeExpired(Date.now()));
    this.closeExpired(Date.now());
    return undefined;
  }

  /** Closes what has expired, as far as the hub knows. */
  closeExpired(now: number): void {
    if (now < this.nextDue()) return;
    for (const tag of this.#tokens.deleteExpired(now)) this.#accessChanges.tokenEnded(tag);
  }

  nextDue(): number {
    return this.#tokens.nextExpiry;
  }

  async run(): Promise<void> {
    await this.enforce();
  }
}
