import type { FeedPosition } from '../../objects/hub-contract.ts';

/** Of a journal: its epoch, and the one before it if the hub was restored, up to the last sequence that both have. */
interface Epochs {
  readonly epoch: string;
  readonly restoredFrom?: FeedPosition | undefined;
}

/** The last sequence of a journal that a wildcard hub with this position has; 0 for none. */
export function takenOf(
  position: FeedPosition | undefined,
  { epoch, restoredFrom }: Epochs,
): number {
  if (position === undefined) return 0;
  if (position.epoch === epoch) return position.taken;
  return position.epoch === restoredFrom?.epoch ? Math.min(position.taken, restoredFrom.taken) : 0;
}
