/** Reads the files of a folder: those of which `layout.ts` knows what they are. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8 } from '../../lib/text.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { reasonOfFileError } from '../input/files.ts';
import type { FolderFile } from './desired.ts';
import { layoutOf } from './layout.ts';
import { MAX_APPLY_FILE_BYTES, MAX_APPLY_FILES, MAX_APPLY_FOLDER_DEPTH } from './limits.ts';
import { type Problem, startOf } from './problem.ts';

interface Folder {
  /** In the order of their paths. */
  readonly files: readonly FolderFile[];
  /** Files that cannot be read. */
  readonly problems: readonly Problem[];
}

/** Links are followed. What begins with a dot is left out: `.git`, and the files behind a volume of Kubernetes. */
export function readFolder(folder: string): CommandResult<Folder> {
  try {
    if (!statSync(folder).isDirectory()) {
      return failed(`${folder} is a file; --folder takes the folder of the files`);
    }
    const files: FolderFile[] = [];
    const problems: Problem[] = [];
    for (const path of pathsIn(folder)) {
      const file = join(folder, path);
      const text = readText(file);
      if (typeof text === 'string') files.push({ file, path, text });
      else problems.push({ place: startOf(file), message: text.message });
    }
    return files.length + problems.length === 0
      ? failed(`${folder} has nothing to apply: no policies/*.hcl, *.yaml or *.json`)
      : { ok: true, value: { files, problems } };
  } catch (error) {
    if (error instanceof FolderError) return failed(error.message);
    const { path = folder } = error as NodeJS.ErrnoException;
    return failed(`cannot read ${path}: ${reasonOfFileError(error)}`);
  }
}

/** A bound that the folder exceeds. */
class FolderError extends Error {}

/** The paths from the folder, with slashes, of the files that have something to apply. */
function pathsIn(folder: string): string[] {
  const paths: string[] = [];
  const walk = (below: string, ancestors: readonly string[]) => {
    const path = join(folder, below);
    const real = realpathSync(path);
    if (ancestors.includes(real)) throw new FolderError(`${path} is a link to a folder around it`);
    if (ancestors.length > MAX_APPLY_FOLDER_DEPTH) {
      throw new FolderError(`${path} is more than ${MAX_APPLY_FOLDER_DEPTH} folders deep`);
    }
    for (const name of readdirSync(path).sort()) {
      if (name.startsWith('.')) continue;
      const entry = below === '' ? name : `${below}/${name}`;
      if (statSync(join(folder, entry)).isDirectory()) walk(entry, [...ancestors, real]);
      else if (layoutOf(entry).content !== 'nothing') paths.push(entry);
      if (paths.length > MAX_APPLY_FILES) {
        throw new FolderError(`${folder} has more than ${MAX_APPLY_FILES} files; divide it`);
      }
    }
  };
  walk('', []);
  return paths;
}

/** @returns what is wrong with the file, if it is no string */
function readText(file: string): string | { readonly message: string } {
  const found = statSync(file);
  // A pipe would be waited for, and a device may never end.
  if (!found.isFile()) return { message: 'it is no file; remove it, or put a file in its place' };
  const { size } = found;
  if (size > MAX_APPLY_FILE_BYTES) {
    return {
      message: `the file has ${size} bytes, at most ${MAX_APPLY_FILE_BYTES} are allowed; divide it`,
    };
  }
  const text = decodeUtf8(readFileSync(file));
  return text.ok ? text.value : { message: 'the file is not UTF-8; save it as UTF-8' };
}
