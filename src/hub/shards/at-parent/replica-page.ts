import {
  REPLICA_FORMAT,
  type ReplicaPage,
  type ShardDirectory,
} from '../../../objects/replica-contract.ts';
import type { JournalPart } from '../../journal/subscriber-journal.ts';
import type { FedReplica } from './fed-replicas.ts';
import type { FeedSource } from './feed-source.ts';

/**
 * The page that brings a replica from where it is to the end of a part. Events that are not retained are missing, unless it had
 * all that it wanted of them.
 */
export function pageWith(
  { after, through, slices, isMissing }: JournalPart,
  replica: Pick<FedReplica, 'taken' | 'scanned' | 'confirmed' | 'version'>,
  source: FeedSource,
  directory: ShardDirectory,
): ReplicaPage {
  const { taken, version } = replica;
  const isSkipped = after > endOf(replica);
  return {
    format: REPLICA_FORMAT,
    journal: source.facts,
    after: taken,
    through: Math.max(through, taken),
    slices,
    isMissing: isMissing && (!isSkipped || after > replica.confirmed),
    version,
    directory,
  };
}

/** The sequence up to which a replica has all that it wants. */
export function endOf({ taken, scanned }: Pick<FedReplica, 'taken' | 'scanned'>): number {
  return Math.max(taken, scanned);
}
