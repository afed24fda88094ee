/**
 * Sums up what CI did: names what failed and which tests were skipped, and prints "N passed, N failed" as its last line.
 *
 * --report file          what vitest's JSON reporter wrote of a suite that ended with 0
 * --failed-report file   of a suite that ended with another status, whatever the reason
 * --passed, --failed     a step that is no suite; counts as one test
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const names = { type: 'string', multiple: true, default: [] as string[] } as const;
const { values } = parseArgs({
  options: { report: names, 'failed-report': names, passed: names, failed: names },
});

let passed = values.passed.length;
const failed = [...values.failed];
const skipped: string[] = [];

for (const file of values.report) failed.push(...failuresOf(file));
for (const file of values['failed-report']) {
  const failures = failuresOf(file);
  // An error outside of the tests fails a suite without a failed test.
  failed.push(...(failures.length === 0 ? [`an error outside of the tests (${file})`] : failures));
}

/** Counts the tests of a suite, and returns the names of those that failed. */
function failuresOf(file: string): string[] {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const place = relative('', name);
    const having = (...wanted: string[]) =>
      assertionResults
        .filter((test) => wanted.includes(test.status))
        .map(({ fullName }) => `${place}: ${fullName}`);
    passed += having('passed').length;
    skipped.push(...having('skipped', 'pending', 'todo', 'disabled'));
    const failures = having('failed');
    // A file that cannot be loaded fails without a failed test.
    return failures.length === 0 && status === 'failed' ? [place] : failures;
  });
}

for (const name of failed) console.log(`failed: ${name}`);
for (const name of skipped) console.log(`skipped: ${name}`);
if (skipped.length > 0) console.log(`${skipped.length} skipped`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
