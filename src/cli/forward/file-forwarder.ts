/** Forwards a log through its rotations, and saves its position after each request. */
import { dirname } from 'node:path';
import type { Result } from '../../lib/result.ts';
import type { ExitCode } from '../command/command.ts';
import { pause } from '../command/stopping.ts';
import { reasonOfFileError } from '../input/files.ts';
import { entriesIn, entryBatches } from './entry.ts';
import { FORWARD_POLL_MS, MAX_MTIME_ERROR_MS } from './limits.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import { LogFile } from './log-file.ts';
import type { Progress } from './progress.ts';
import { RotatedFiles } from './rotated-files.ts';
import { isSame, locate, lookAt } from './rotation.ts';
import type { Sender } from './sender.ts';
import { type ForwarderState, writeState } from './state-file.ts';

export interface FileForwarding {
  readonly log: string;
  readonly statePath: string;
  readonly fromStart: boolean;
  /** The path of the namespace, and the name of the source. */
  readonly source: string;
  readonly sender: Sender;
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

/** The position in a log that does not exist yet: all its entries will be new. */
const NO_FILE = { device: '', inode: '', offset: 0, head: { bytes: 0, sha256: '' } };

export class FileForwarder {
  readonly #options: FileForwarding;
  readonly #rotated: RotatedFiles;
  #file: LogFile | undefined;
  #splitter = new LineSplitter(0);
  #state: ForwarderState;
  /** When the last entry that was sent was written. */
  #sentUpTo = Number.NaN;
  #saveFails = false;

  constructor(options: FileForwarding) {
    this.#options = options;
    this.#rotated = new RotatedFiles(options);
    // The clock may be ahead of the times of files.
    const modifiedAt = String(BigInt(Date.now() - MAX_MTIME_ERROR_MS) * 1_000_000n);
    this.#state = { ...NO_FILE, source: options.source, modifiedAt };
  }

  /** @param stored the state of an earlier forwarder; undefined if there is none */
  async run(stored: ForwarderState | undefined): Promise<ExitCode> {
    const { stop, progress, log } = this.#options;
    if (stored === undefined) {
      const started = await this.#start();
      if (!started.ok) {
        return progress.fail(`${started.failure.message}; name another file with --state`);
      }
    } else {
      this.#state = stored;
      await this.#resume();
    }
    while (!stop.aborted) {
      const file = this.#file ?? (await this.#openNext());
      if (file === undefined) continue;
      const end = await this.#readFrom(file);
      if (end !== undefined) return end;
    }
    progress.say(`stopped at offset ${this.#state.offset} of ${this.#file?.path ?? log}`);
    return 0;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Makes a state at the end of the log, so that a restart misses no entry from now on. */
  async #start(): Promise<Result<void>> {
    const { log, fromStart, statePath } = this.#options;
    const file = await LogFile.open(log).catch(() => undefined);
    if (file !== undefined) await this.#switchTo(file, fromStart ? 0 : await file.lastLine());
    return writeState(statePath, this.#state);
  }

  /** Finds the file of the state, which may have been rotated, and goes to its position. */
  async #resume(): Promise<void> {
    const { log, progress, stop } = this.#options;
    const { inode, offset } = this.#state;
    let file = await locate(log, this.#state);
    if (file === undefined && inode !== '') {
      // During a rotation a file may have got another name after the folder was listed.
      await pause(FORWARD_POLL_MS, stop);
      file = await locate(log, this.#state);
    }
    if (file !== undefined) {
      await this.#continueWith(file, offset);
      return;
    }
    await this.close();
    if (inode === '') return;
    progress.say(
      `warning: the file that was forwarded up to offset ${offset} (inode ${inode}) is not in ${dirname(log)} any more, nor is a copy; what followed there may not have been forwarded. If it was moved or compressed, restore it and forward it with --from-start and a --state of its own: what the server still keeps is not doubled`,
    );
  }

  /** @returns the exit code if the command ends */
  async #readFrom(file: LogFile): Promise<ExitCode | undefined> {
    const chunk = await file.read();
    if (chunk === undefined) {
      this.#options.progress.say(`${file.path} was truncated after offset ${this.#state.offset}`);
      await this.#resume();
      return undefined;
    }
    return chunk.length > 0 ? this.#forward(this.#splitter.push(chunk)) : this.#atEnd(file);
  }

  /** Waits for more, or finishes the file if there is a next one. */
  async #atEnd(file: LogFile): Promise<ExitCode | undefined> {
    const { log, stop, progress } = this.#options;
    const current = await lookAt(log);
    const isRotated = current !== undefined && !isSame(current, file);
    const next = isRotated && (await this.#rotated.next(await file.modifiedAt(), file));
    // The server writes to the old file until some time after the rename, so the new one must have entries.
    if (!isRotated || (next === undefined && current.size === 0n)) {
      if (isRotated) {
        progress.sayOnce(
          `${log} is a new file (inode ${current.inode}) and has nothing yet; going on with the old one until it has`,
        );
      }
      progress.behind((await file.size()) - this.#state.offset, this.#sentUpTo);
      await pause(FORWARD_POLL_MS, stop);
      return undefined;
    }
    const rest = await file.read();
    // The file was truncated: the next read says so.
    if (rest === undefined) return undefined;
    if (rest.length > 0) return this.#forward(this.#splitter.push(rest));
    const end = await this.#forward(this.#splitter.end());
    if (end !== undefined || stop.aborted) return end;
    await this.#save(this.#splitter.offset);
    this.#rotated.markForwarded(file, BigInt(this.#state.modifiedAt));
    await this.close();
    return undefined;
  }

  /** Sends the entries among the lines, and saves the position after each request. */
  async #forward(lines: readonly Line[]): Promise<ExitCode | undefined> {
    const { sender, progress, stop } = this.#options;
    const batches = entryBatches(entriesIn(lines, this.#file?.path ?? '', progress));
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
    const { progress, statePath } = this.#options;
    if (this.#file === undefined) return;
    await this.#setState(this.#file, offset);
    const saved = writeState(statePath, this.#state);
    // The forwarder goes on: after a restart the server recognises the entries that it gets again.
    if (!saved.ok && !this.#saveFails) progress.say(`warning: ${saved.failure.message}`);
    this.#saveFails = !saved.ok;
    progress.behind((await this.#file.size()) - offset, this.#sentUpTo);
  }

  /** Opens the first file that was written after the position: a rotated one, or the log. */
  async #openNext(): Promise<LogFile | undefined> {
    const { log, stop, progress } = this.#options;
    // First the log, then the folder: a log that is renamed in between is open already.
    const current = await LogFile.open(log).catch(reasonOfFileError);
    const isOpen = typeof current !== 'string';
    const since = BigInt(this.#state.modifiedAt);
    const next = await this.#rotated.next(since, isOpen ? current : undefined);
    if (next === undefined && isOpen) {
      await this.#continueWith(current, 0);
    } else if (next === undefined) {
      progress.sayOnce(`waiting for ${log}: ${current}`);
      await pause(FORWARD_POLL_MS, stop);
    } else {
      if (isOpen) await current.close();
      const file = await LogFile.open(next.path).catch(() => undefined);
      // A rotation may have renamed it. The caller tries again.
      if (file === undefined) return undefined;
      if (isSame(file, next)) await this.#continueWith(file, 0);
      else await file.close();
    }
    return this.#file;
  }

  async #continueWith(file: LogFile, offset: number): Promise<void> {
    await this.#switchTo(file, offset);
    await this.#save(offset);
  }

  async #switchTo(file: LogFile, offset: number): Promise<void> {
    await this.close();
    this.#file = file;
    file.seek(offset);
    this.#splitter = new LineSplitter(offset);
    await this.#setState(file, offset);
    this.#options.progress.say(`forwarding ${file.path} from offset ${offset}`);
  }

  async #setState(file: LogFile, offset: number): Promise<void> {
    const modifiedAt = String(await file.modifiedAt());
    const { source } = this.#options;
    this.#state = { ...file.positionAt(offset), source, modifiedAt };
  }
}
