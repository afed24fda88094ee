/** Restores an object to one of its earlier states, by the platform's point-in-time recovery. Workerd alone has none. */

import { invalid, ok, type Result } from '../lib/result.ts';
import { MIN_RESTORE_AGE_MS } from './limits.ts';
import type { RestoreFailure, RestorePoint, StartedRestore } from './restoration-contract.ts';
import { messageOf } from './storage-failure.ts';

/** What the platform does, each in one call. */
export const recovery = {
  now: (storage: DurableObjectStorage) => storage.getCurrentBookmark(),
  at: (storage: DurableObjectStorage, time: number) => storage.getBookmarkForTime(time),
  /** @returns the bookmark of the present state */
  restoreAtNextStart: (storage: DurableObjectStorage, bookmark: string) =>
    storage.onNextSessionRestoreBookmark(bookmark),
};

/** A bookmark of Cloudflare ends with a hash. Workerd has zeros there, and counts before them or not. */
const LOCAL_BOOKMARK = /^[0-]*$|-0{32}$/;

const LOCAL =
  'this server has no point-in-time recovery: only Cloudflare has it. Put files of a backup into the data folder of a local server, and start it with --restored';

/** The object starts again after this, so that its answer arrives. */
const RESTART_DELAY_MS = 50;

export async function currentBookmark(storage: DurableObjectStorage): Promise<Result<string>> {
  try {
    const bookmark = await recovery.now(storage);
    return LOCAL_BOOKMARK.test(bookmark) ? invalid(LOCAL) : ok(bookmark);
  } catch (error) {
    return noRecovery(error);
  }
}

/** @param begin stores the intent elsewhere, and ends what must not outlive the restore */
export async function startRestore(
  ctx: DurableObjectState,
  point: RestorePoint,
  begin: () => Promise<Result<undefined, RestoreFailure>>,
): Promise<Result<StartedRestore, RestoreFailure>> {
  const { storage } = ctx;
  let bookmark: string;
  try {
    const youngest = await recovery.at(storage, Date.now() - MIN_RESTORE_AGE_MS);
    bookmark = 'time' in point ? await recovery.at(storage, point.time) : point.bookmark;
    if (bookmark > youngest) {
      return invalid(
        `this state is younger than ${MIN_RESTORE_AGE_MS / 60_000} minutes, so the object could not find out that it was restored; choose an earlier one, or wait`,
      );
    }
  } catch (error) {
    return noRecovery(error);
  }
  const begun = await begin();
  if (!begun.ok) return begun;
  try {
    const undo = await recovery.restoreAtNextStart(storage, bookmark);
    ctx.waitUntil(restart(ctx));
    return ok({ bookmark, undo });
  } catch (error) {
    return noRecovery(error);
  }
}

async function restart(ctx: DurableObjectState): Promise<void> {
  await scheduler.wait(RESTART_DELAY_MS);
  ctx.abort('the object starts again with an earlier state');
}

function noRecovery(error: unknown): Result<never> {
  const message = messageOf(error).replace(/\.$/, '');
  return invalid(
    /does not implement/.test(message)
      ? LOCAL
      : `the platform does not restore this object: ${message}. On Cloudflare, states of the last 30 days can be restored`,
  );
}
