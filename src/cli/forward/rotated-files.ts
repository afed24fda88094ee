/** The files that rotation has put aside and that are still to be forwarded. */
import type { LogFile } from './log-file.ts';
import type { Progress } from './progress.ts';
import { isSame, type Sibling, successors } from './rotation.ts';
import type { FileIdentity } from './state-file.ts';

interface LogOptions {
  readonly log: string;
  readonly statePath: string;
  readonly progress: Progress;
}

export class RotatedFiles {
  readonly #options: LogOptions;
  /** Several files may have been written at the same time, so the time does not tell which are forwarded. */
  readonly #forwarded = new Set<string>();

  constructor(options: LogOptions) {
    this.#options = options;
  }

  markForwarded(file: FileIdentity, modifiedAt: bigint): void {
    this.#forwarded.add(keyOf(file, modifiedAt));
  }

  /**
   * The first file that was written at or after a time.
   *
   * @param own the file that is open
   */
  async next(time: bigint, own: LogFile | undefined): Promise<Sibling | undefined> {
    const { log, statePath, progress } = this.#options;
    const isDone = (file: Sibling) =>
      file.path.startsWith(statePath) ||
      (own !== undefined && isSame(file, own)) ||
      this.#forwarded.has(keyOf(file, file.modifiedAt));
    const { next, unreadable } = await successors(log, time, isDone);
    for (const path of unreadable) {
      progress.sayOnce(
        `warning: ${path} may have entries that were not forwarded, and cannot be read as lines of JSON; if it is compressed, decompress it and forward it with --from-start and a --state of its own`,
      );
    }
    return next;
  }
}

/** The key has the time too, because the inode of a removed file is used again. */
function keyOf({ device, inode }: FileIdentity, modifiedAt: bigint): string {
  return `${device} ${inode} ${modifiedAt}`;
}
