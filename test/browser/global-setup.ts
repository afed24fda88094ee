/** Unpacks the browser before the tests, which start it several times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type BrowserFiles, findBrowser } from './support/browser-files.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly browser: BrowserFiles;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-browser-'));
  project.provide('browser', await findBrowser(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
