import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder of the test file that calls this; it is deleted after the last test and after what was started later. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
