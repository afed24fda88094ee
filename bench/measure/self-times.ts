/** Which functions a profile was found in, and which files of the source they are of. */
import { number } from './digits.ts';
import type { CpuProfile } from './inspector.ts';

const SHOWN = 40;

/** Microseconds in which a function itself ran, without what it called. */
export interface SelfTime {
  readonly name: string;
  /** `src/ingest/read-events.ts`; empty if it is of the runtime. */
  readonly file: string;
  readonly microseconds: number;
}

/** @param code of the bundle, in which a comment above the code of each file names it */
export function selfTimes(profile: CpuProfile, code: string): SelfTime[] {
  const files = filesOfLines(code);
  const times = new Map<number, number>();
  for (const [index, node] of profile.samples.entries()) {
    times.set(node, (times.get(node) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const byFunction = new Map<string, SelfTime>();
  for (const { id, callFrame } of profile.nodes) {
    const microseconds = times.get(id) ?? 0;
    const { functionName, url, lineNumber } = callFrame;
    if (microseconds === 0 || functionName === '(idle)') continue;
    const name = functionName === '' ? `(line ${lineNumber + 1})` : functionName;
    const file = url === '' ? '' : (files[lineNumber] ?? url);
    const key = `${file}\n${name}`;
    const before = byFunction.get(key)?.microseconds ?? 0;
    byFunction.set(key, { name, file, microseconds: before + microseconds });
  }
  return sorted([...byFunction.values()]);
}

function byFile(times: readonly SelfTime[]): SelfTime[] {
  const files = Map.groupBy(times, ({ file, name }) => (file === '' ? name : file));
  return sorted(
    Array.from(files, ([file, all]) => ({
      name: '',
      file,
      microseconds: all.reduce((sum, { microseconds }) => sum + microseconds, 0),
    })),
  );
}

/** Prints the functions and the files with the most. @param events what the times are divided by */
export function showTimes(times: readonly SelfTime[], events: number): void {
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  for (const [what, all] of [
    ['by function', times],
    ['by file', byFile(times)],
  ] as const) {
    console.log(`${what} (${number(total / events)} µs an event)`);
    for (const { name, file, microseconds } of all.slice(0, SHOWN)) {
      console.log(`${(microseconds / events).toFixed(3).padStart(9)}  ${name.padEnd(32)} ${file}`);
    }
    console.log('');
  }
}

function sorted(times: SelfTime[]): SelfTime[] {
  return times.sort((a, b) => b.microseconds - a.microseconds);
}

function filesOfLines(code: string): string[] {
  let file = '';
  return code.split('\n').map((line) => {
    const named = /^\/\/ ((?:src|node_modules)\/\S+)$/.exec(line)?.[1];
    if (named !== undefined) file = named;
    return file;
  });
}
