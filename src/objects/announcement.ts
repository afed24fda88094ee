import type { Interest } from '../subscription/interest.ts';

/** What the destinations of a Vault namespace want together. Of two, the one with the higher version counts. */
export interface Announcement {
  readonly version: number;
  /** Empty: nothing. Then a hub tells nobody. */
  readonly interest: Interest;
}
