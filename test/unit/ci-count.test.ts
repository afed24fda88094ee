/** The last lines of `.ci/run`. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const COUNT = fileURLToPath(new URL('../../.ci/count.ts', import.meta.url));
const scratch = scratchFolder();

/** Writes what vitest reports of one file, and returns the path of the report. */
function report(name: string, status: string, statuses: readonly string[]): string {
  const path = join(scratch, `${name}.json`);
  const assertionResults = statuses.map((each, n) => ({ status: each, fullName: `it ${n}` }));
  const file = join(process.cwd(), `test/${name}.test.ts`);
  writeFileSync(path, JSON.stringify({ testResults: [{ name: file, status, assertionResults }] }));
  return path;
}

function count(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COUNT, ...args], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return { status, lines: stdout.trimEnd().split('\n') };
}

it('adds up suites and steps', () => {
  const suite = report('all', 'passed', ['passed', 'passed']);
  expect(count('--report', suite, '--passed', 'npm run check')).toEqual({
    status: 0,
    lines: ['3 passed, 0 failed'],
  });
});

it('names what failed and what was skipped, and ends with another status', () => {
  const suite = report('some', 'failed', ['passed', 'failed', 'skipped', 'pending']);
  expect(count('--failed-report', suite, '--failed', 'npm run check')).toEqual({
    status: 1,
    lines: [
      'failed: npm run check',
      'failed: test/some.test.ts: it 1',
      'skipped: test/some.test.ts: it 2',
      'skipped: test/some.test.ts: it 3',
      '2 skipped',
      '1 passed, 2 failed',
    ],
  });
});

it('counts a file that cannot be loaded, and a suite that failed without a failed test', () => {
  const unloaded = report('unloaded', 'failed', []);
  const outside = report('outside', 'passed', ['passed']);
  expect(count('--failed-report', unloaded, '--failed-report', outside)).toEqual({
    status: 1,
    lines: [
      'failed: test/unloaded.test.ts',
      `failed: an error outside of the tests (${outside})`,
      '1 passed, 2 failed',
    ],
  });
});
