/**
 * What the object beside an authority or a hub answers. It knows how often that was restored. What an object
 * stores cannot say that it was restored, because that goes back in time, too.
 */

import type { Failure } from '../lib/result.ts';

export interface RestorationContract {
  /** What is known of the object. */
  record(): RestorationRecord;
  /**
   * Stores that the object is about to be restored, before it is. May be repeated.
   *
   * @param attempt another id for each restore
   * @param kept what is true now, and has to be true after the restore
   */
  begin(attempt: string, kept?: string): void;
}

export interface RestorationRecord {
  /** How often the object was restored. Another one than the object has taken means that it was restored meanwhile. */
  readonly generation: number;
  /** Of the last restore. An object that stores it was not restored by it: only the present state has it. */
  readonly attempt?: string;
  /** Of the last restore. */
  readonly kept?: string;
}

/** Which state. A bookmark is the platform's name of one: a later state has a greater one. */
export type RestorePoint =
  | { readonly bookmark: string }
  /** Unix milliseconds. */
  | { readonly time: number };

export interface StartedRestore {
  readonly bookmark: string;
  /** Of the state before the restore. */
  readonly undo: string;
}

/** Why an object was not restored. If it is `unavailable`, the same request can succeed later. */
export type RestoreFailure = (
  | Failure
  | { readonly reason: 'unavailable'; readonly message: string }
) & {
  /** Of an authority: its tokens have ended nevertheless. */
  readonly tokensEnded?: boolean;
};
