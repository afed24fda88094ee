import type { ShardDirectory } from '../../../objects/replica-contract.ts';
import { EMPTY_DIRECTORY, newerDirectory } from '../../../objects/shard-directory.ts';

/** The directory of the hub, as far as a replica knows it: its parent sends it with each page. */
export class KnownDirectory {
  #directory: ShardDirectory = EMPTY_DIRECTORY;

  get value(): ShardDirectory {
    return this.#directory;
  }

  take(directory: ShardDirectory): void {
    this.#directory = newerDirectory(this.#directory, directory);
  }
}
