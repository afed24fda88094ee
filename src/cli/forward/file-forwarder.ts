/** The walk through a log and what rotation makes of it. */
import { dirname } from 'node:path';
import type { ExitCode } from '../command.ts';
import { reasonOfFileError } from '../files.ts';
import { pause } from '../stopping.ts';
import { batchesOf } from './entry.ts';
import { FORWARD_POLL_MS, MAX_MTIME_ERROR_MS } from './limits.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import { LogFile } from './log-file.ts';
import type { Progress } from './progress.ts';
import { isSame, locate, lookAt, type Sibling, successors } from './rotation.ts';
import type { Sender } from './sender.ts';
import { sift } from './sift.ts';
import { type ForwarderState, writeState } from './state-file.ts';

export interface FileForwarding {
  readonly log: string;
  readonly statePath: string;
  readonly fromStart: boolean;
  /** With the path of its namespace. */
  readonly source: string;
  readonly sender: Sender;
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

/** The state of a log that is not there yet: all that it will have is new. */
const NOWHERE = { device: '', inode: '', offset: 0, head: { bytes: 0, sha256: '' } };

/** Follows a log through its rotations, and keeps the place after each request. */
export class FileForwarder {
  readonly #options: FileForwarding;
  #file: LogFile | undefined;
  #splitter = new LineSplitter(0);
  #state: ForwarderState;
  /** When the last entry was written that was sent. */
  #sentUpTo = Number.NaN;
  #stateFails = false;
  /** Files that have been forwarded to their end; several may have been written at the same time. */
  readonly #done = new Set<string>();
  readonly #said = new Set<string>();

  constructor(options: FileForwarding) {
    this.#options = options;
    // A clock that is a little ahead of the files' own must not hide one.
    const modifiedAt = String(BigInt(Date.now() - MAX_MTIME_ERROR_MS) * 1_000_000n);
    this.#state = { ...NOWHERE, source: options.source, modifiedAt };
  }

  async run(stored: ForwarderState | undefined): Promise<ExitCode> {
    const { stop, progress, log } = this.#options;
    if (stored === undefined) {
      const problem = await this.#begin();
      if (problem !== undefined) return progress.fail(problem);
    } else {
      this.#state = stored;
      await this.#resume();
    }
    while (!stop.aborted) {
      const file = this.#file ?? (await this.#openNext());
      if (file === undefined) continue;
      const chunk = await file.read();
      if (chunk === undefined) {
        progress.say(`${file.path} was truncated after offset ${this.#state.offset}`);
        await this.#resume();
      } else if (chunk.length > 0) {
        const end = await this.#forward(this.#splitter.push(chunk));
        if (end !== undefined) return end;
      } else {
        const end = await this.#atEnd(file);
        if (end !== undefined) return end;
      }
    }
    progress.say(`stopped at offset ${this.#state.offset} of ${this.#file?.path ?? log}`);
    return 0;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** Begins without a state, and makes one, so that what comes from now on is not missed. */
  async #begin(): Promise<string | undefined> {
    const { log, fromStart, statePath } = this.#options;
    const file = await LogFile.open(log).catch(() => undefined);
    if (file !== undefined) await this.#goTo(file, fromStart ? 0 : await file.lastLine());
    const saved = writeState(statePath, this.#state);
    return saved.ok ? undefined : `${saved.failure.message}; choose its place with --state`;
  }

  /** Goes on where the state says, whatever became of the file meanwhile. */
  async #resume(): Promise<void> {
    const { log, progress, stop } = this.#options;
    const { inode, offset } = this.#state;
    let file = await locate(log, this.#state);
    if (file === undefined && inode !== '') {
      // Rotation may be under way: what was listed has another name by now.
      await pause(FORWARD_POLL_MS, stop);
      file = await locate(log, this.#state);
    }
    if (file !== undefined) return this.#goOnWith(file, offset);
    await this.#leave();
    if (inode === '') return;
    progress.say(
      `warning: the file that was forwarded up to offset ${offset} (inode ${inode}) is not in ${dirname(log)} any more, nor is a copy; what followed there may not have been forwarded. If it was moved or compressed, restore it and forward it with --from-start and a --state of its own: what the server still keeps is not doubled`,
    );
  }

  /** Waits for more, or goes on with the next file where there is one. */
  async #atEnd(file: LogFile): Promise<ExitCode | undefined> {
    const { log, stop, progress } = this.#options;
    const current = await lookAt(log);
    const rotated = current !== undefined && !isSame(current, file);
    const next = rotated && (await this.#successor(await file.modifiedAt(), file));
    // Whoever writes moves on some time after the rename: not before the new file has something.
    if (!rotated || (next === undefined && current.size === 0n)) {
      if (rotated) {
        this.#sayOnce(
          `${log} is a new file (inode ${current.inode}) and has nothing yet; going on with the old one until it has`,
        );
      }
      progress.behind((await file.size()) - this.#state.offset, this.#sentUpTo);
      await pause(FORWARD_POLL_MS, stop);
      return undefined;
    }
    const rest = await file.read();
    // There was more after all, or it is not what it was: the loop sees to that.
    if (rest === undefined) return undefined;
    if (rest.length > 0) return this.#forward(this.#splitter.push(rest));
    const end = await this.#forward(this.#splitter.end());
    if (end !== undefined || stop.aborted) return end;
    await this.#save(this.#splitter.offset);
    this.#done.add(keyOf(file, BigInt(this.#state.modifiedAt)));
    await this.#leave();
    return undefined;
  }

  /** Sends lines that have been read, and keeps the place after each request. */
  async #forward(lines: readonly Line[]): Promise<ExitCode | undefined> {
    const { sender, progress, stop } = this.#options;
    const batches = batchesOf(sift(lines, this.#file?.path ?? '', progress));
    for (const [index, batch] of batches.entries()) {
      if (stop.aborted) return undefined;
      const end = await sender.deliver(batch);
      if (end !== undefined) return end;
      this.#sentUpTo = batch.at(-1)?.time ?? Number.NaN;
      await this.#save(batches[index + 1]?.[0]?.offset ?? this.#splitter.offset);
    }
    if (batches.length === 0 && lines.length > 0) await this.#save(this.#splitter.offset);
    return undefined;
  }

  async #save(offset: number): Promise<void> {
    const { progress, source, statePath } = this.#options;
    if (this.#file === undefined) return;
    const modifiedAt = String(await this.#file.modifiedAt());
    this.#state = { ...this.#file.positionAt(offset), source, modifiedAt };
    const saved = writeState(statePath, this.#state);
    // Going on costs no event: what is sent again after a restart is known.
    if (!saved.ok && !this.#stateFails) progress.say(`warning: ${saved.failure.message}`);
    this.#stateFails = !saved.ok;
    progress.behind((await this.#file.size()) - offset, this.#sentUpTo);
  }

  /** What rotation has put aside that was written since, other than this file. */
  async #successor(time: bigint, own: LogFile | undefined): Promise<Sibling | undefined> {
    const { log, statePath } = this.#options;
    const isDone = (file: Sibling) =>
      file.path.startsWith(statePath) ||
      (own !== undefined && isSame(file, own)) ||
      this.#done.has(keyOf(file, file.modifiedAt));
    const { next, unreadable } = await successors(log, time, isDone);
    for (const path of unreadable) {
      this.#sayOnce(
        `warning: ${path} may have entries that were not forwarded, and cannot be read as lines of JSON; if it is compressed, decompress it and forward it with --from-start and a --state of its own`,
      );
    }
    return next;
  }

  /** The first file that was written after the place: one that was put aside, or the log. */
  async #openNext(): Promise<LogFile | undefined> {
    const { log, stop } = this.#options;
    // In this order: what is renamed after it was opened is open, what was renamed before is put aside.
    const current = await LogFile.open(log).catch(reasonOfFileError);
    const isThere = typeof current !== 'string';
    const next = await this.#successor(
      BigInt(this.#state.modifiedAt),
      isThere ? current : undefined,
    );
    if (next === undefined && isThere) {
      await this.#goOnWith(current, 0);
    } else if (next === undefined) {
      this.#sayOnce(`waiting for ${log}: ${current}`);
      await pause(FORWARD_POLL_MS, stop);
    } else {
      if (isThere) await current.close();
      const file = await LogFile.open(next.path).catch(() => undefined);
      // Renamed by now: it is looked for again.
      if (file === undefined) return undefined;
      if (isSame(file, next)) await this.#goOnWith(file, 0);
      else await file.close();
    }
    return this.#file;
  }

  async #goOnWith(file: LogFile, offset: number): Promise<void> {
    await this.#goTo(file, offset);
    await this.#save(offset);
  }

  async #goTo(file: LogFile, offset: number): Promise<void> {
    const { source, progress } = this.#options;
    await this.#leave();
    this.#file = file;
    file.seek(offset);
    this.#splitter = new LineSplitter(offset);
    const modifiedAt = String(await file.modifiedAt());
    this.#state = { ...file.positionAt(offset), source, modifiedAt };
    progress.say(`forwarding ${file.path} from offset ${offset}`);
  }

  /** What is looked at again and again is told the first time. */
  #sayOnce(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.progress.say(message);
  }

  async #leave(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** With its time, as a file that is removed leaves its inode to another. */
function keyOf({ device, inode }: Pick<Sibling, 'device' | 'inode'>, modifiedAt: bigint): string {
  return `${device} ${inode} ${modifiedAt}`;
}
