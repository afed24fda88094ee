/**
 * What the destinations of the Vault namespace of a wildcard hub want. Hubs that register are told, so those that come after
 * the announcement have it before their first event.
 */

import type { Announcement } from '../../objects/announcement.ts';
import { isMethodMissing } from '../../objects/call.ts';

const ANNOUNCEMENT_KEY = 'announcement';

/** The storage is older than what the dispatcher has announced, or lost it. */
const UNKNOWN = 'unknown';

export class StoredAnnouncement {
  readonly #kv: Pick<DurableObjectStorage['kv'], 'get' | 'put'>;
  readonly #ask: () => Promise<Announcement>;

  /** @param ask asks the dispatcher */
  constructor(
    kv: Pick<DurableObjectStorage['kv'], 'get' | 'put'>,
    ask: () => Promise<Announcement>,
  ) {
    this.#kv = kv;
    this.#ask = ask;
  }

  /** Undefined if there never was one. */
  get value(): Announcement | undefined {
    const stored = this.#stored;
    return stored === UNKNOWN ? undefined : stored;
  }

  /** Whether hubs that register later have to be told something. */
  get isNeeded(): boolean {
    const stored = this.#stored;
    return stored === UNKNOWN || (stored !== undefined && stored.interest.length > 0);
  }

  /** The one with the highest version counts. */
  accept(announcement: Announcement): void {
    const known = this.value;
    if (known === undefined || announcement.version > known.version) {
      this.#kv.put(ANNOUNCEMENT_KEY, announcement);
    }
  }

  /** Before a registration is answered. @throws if the dispatcher has to be asked, and does not answer */
  async learn(): Promise<void> {
    if (this.#stored !== UNKNOWN) return;
    try {
      this.accept(await this.#ask());
    } catch (error) {
      // A dispatcher of the release before has announced nothing.
      if (!isMethodMissing(error)) throw error;
    }
  }

  get #stored(): Announcement | typeof UNKNOWN | undefined {
    return this.#kv.get<Announcement | typeof UNKNOWN>(ANNOUNCEMENT_KEY);
  }
}

/** For a wildcard hub that was restored, or lost its storage. */
export function askDispatcherAgain({ kv }: DurableObjectStorage): void {
  kv.put(ANNOUNCEMENT_KEY, UNKNOWN);
}
