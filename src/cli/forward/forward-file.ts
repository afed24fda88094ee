/** `carillon forward audit --file` */
import { stat } from 'node:fs/promises';
import type { ExitCode } from '../command/command.ts';
import { reasonOfFileError } from '../input/files.ts';
import { FileForwarder, type FileForwarding } from './file-forwarder.ts';
import { LogFile } from './log-file.ts';
import { readState } from './state-file.ts';

/** Forwards until the command is stopped, or the server refuses. */
export async function forwardFile(options: FileForwarding): Promise<ExitCode> {
  const { log, statePath, source, progress } = options;
  const stored = readState(statePath);
  if (!stored.ok) return progress.fail(stored.failure.message);
  if (stored.value !== undefined && stored.value.source !== source) {
    return progress.fail(
      `${statePath} is the state for the source ${JSON.stringify(stored.value.source)}; give --state another file for ${JSON.stringify(source)}`,
    );
  }
  try {
    // A log that does not exist may be created later. One that is no file or cannot be read is an error.
    const found = await stat(log).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (found !== undefined && !found.isFile()) return progress.fail(`${log} is not a file`);
    if (found !== undefined) await (await LogFile.open(log)).close();
    const forwarder = new FileForwarder(options);
    try {
      return await forwarder.run(stored.value);
    } finally {
      await forwarder.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return progress.fail(`cannot read ${log}: ${reasonOfFileError(error)}`);
  }
}
