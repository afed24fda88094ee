import { CURSOR_KEY } from '../../journal/cursor-codec.ts';
import { forgetSubscribers } from '../../restored-hub.ts';
import { EPOCH_KEY } from './known-epoch.ts';
import { PageWindow } from './page-window.ts';
import { INTEREST_KEY } from './stored-interest.ts';

/**
 * Deletes what a replica knows of its sockets and of the journal of its hub; to be called in a transaction. What its stock
 * clients may miss stays: they are given it when they return.
 *
 * @param hasWindow whether it is a region head
 */
export function emptyReplica(ctx: DurableObjectState, hasWindow: boolean): void {
  const { storage } = ctx;
  forgetSubscribers(ctx);
  if (hasWindow) new PageWindow(storage.sql).forget();
  for (const key of [CURSOR_KEY, EPOCH_KEY, INTEREST_KEY]) storage.kv.delete(key);
}
