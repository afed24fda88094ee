/** Runs the `carillon` command as a shell does. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));

export interface Finished {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly finished: Promise<Finished>;
  /** Resolves with what was printed once it satisfies the pattern. */
  stdoutMatching(pattern: RegExp): Promise<string>;
  stderrMatching(pattern: RegExp): Promise<string>;
}

/** Starts the command with these arguments, and these variables beside the test's own. */
export function start(args: string[], env: Record<string, string | undefined> = {}): Running {
  return startProgram([COMMAND, ...args], env);
}

/** Starts another program in the same way, one for Node unless it is named. */
export function startProgram(
  args: string[],
  env: Record<string, string | undefined> = {},
  program = process.execPath,
): Running {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, VAULT_ADDR: undefined, VAULT_TOKEN: undefined, ...env },
  });
  const printed = { stdout: '', stderr: '' };
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 0, ...printed }));
  });

  function matching(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (pattern.test(printed[stream])) resolve(printed[stream]);
      };
      look();
      child[stream].on('data', look);
      finished.then(({ code }) =>
        reject(
          new Error(`ended with ${code} before ${pattern}: ${printed.stdout}${printed.stderr}`),
        ),
      );
    });
  }

  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  child.stdin.on('error', () => undefined);
  return {
    child,
    finished,
    stdoutMatching: (pattern) => matching('stdout', pattern),
    stderrMatching: (pattern) => matching('stderr', pattern),
  };
}

/** Runs the command to its end, with this on its standard input. */
export function run(
  args: string[],
  env: Record<string, string | undefined> = {},
  stdin = '',
): Promise<Finished> {
  const { child, finished } = start(args, env);
  child.stdin.end(stdin);
  return finished;
}
