/**
 * What the operator says of a data folder whose files come from a backup. An object cannot see that by itself, so it is
 * noted beside the databases, and each object compares it with what it has stored (`src/objects/generation.ts`).
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { replaceFile } from '../input/files.ts';
import type { Variables } from './variables.ts';

const FILE = 'restored';

/** The values of `--restored`. */
export const RESTORED = ['hubs', 'all'] as const;

export type Restored = (typeof RESTORED)[number];

/**
 * Notes what was restored.
 *
 * @returns the variables that tell the objects; a failure whose message is the end of a sentence about the folder
 */
export function noteRestored(path: string, restored: Restored | undefined): Result<Variables> {
  const file = join(path, FILE);
  const before = readNote(file);
  if (before === undefined) {
    return invalid(
      `cannot be used: its file ${FILE} is damaged; remove it and start with --restored all, or restore that file`,
    );
  }
  if (restored === undefined) return ok(before);
  const now = {
    ...before,
    RESTORED_HUBS: randomUUID(),
    ...(restored === 'all' && { RESTORED_AUTHORITIES: randomUUID() }),
  };
  replaceFile(file, `${JSON.stringify(now)}\n`);
  return ok(now);
}

/** @returns undefined if it cannot be read */
function readNote(file: string): Variables | undefined {
  if (!existsSync(file)) return {};
  try {
    const note: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const isNote = isJsonObject(note) && Object.values(note).every((id) => typeof id === 'string');
    return isNote ? (note as Variables) : undefined;
  } catch {
    return undefined;
  }
}
