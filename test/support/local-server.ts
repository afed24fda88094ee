/** Starts and stops the local server as its user does: the command, its banner, and Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTime } from './in-time.ts';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));

/** Where the bundle is kept that most tests have in common. */
export const CACHE = join(tmpdir(), 'carillon-test-cache');

/** Building the bundle takes most of it; a machine busy with other suites takes several times as long. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

export interface LocalServer {
  /** `http://127.0.0.1:40123` */
  readonly address: string;
  readonly token: string;
  readonly process: ChildProcess;
  /** Ends the server with SIGINT and returns its exit code. It may be called again. */
  stop(): Promise<number>;
  /** Everything that the server has printed, on both streams. */
  output(): string;
}

/**
 * Runs `carillon dev` with these arguments, on a free port unless they name one.
 *
 * @param cache the folder in which the bundle is kept
 * @param env variables beside the test's own
 * @param cwd the folder in which it looks for `.dev.vars`
 * @throws Error with what the server printed, where it ended or stayed silent
 *
 * @example
 * const server = await startLocalServer(['--root-token', 'root']);
 */
export async function startLocalServer(
  args: string[],
  cache = CACHE,
  env: Readonly<Record<string, string>> = {},
  cwd = tmpdir(),
): Promise<LocalServer> {
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const child = spawn(process.execPath, [COMMAND, 'dev', ...port, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, XDG_CACHE_HOME: cache, ...env },
  });
  let output = '';
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    // A signal has no exit code; shells report it as 128 and its number, which no caller expects.
    child.once('close', (code) => resolve(code ?? 128));
  });
  const banner = new Promise<{ address: string; token: string }>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const address = /^ *export VAULT_ADDR=(\S+) /m.exec(output)?.[1];
        const token = /^ *export VAULT_ADDR=\S+ VAULT_TOKEN=(.+)\n/m.exec(output)?.[1];
        if (address !== undefined && token !== undefined) resolve({ address, token: plain(token) });
      });
    }
  });

  const failed = (how: string) => new Error(`carillon dev ${args.join(' ')} ${how}:\n${output}`);
  const late = (milliseconds: number, what: string) => () => {
    child.kill('SIGKILL');
    return failed(`did not ${what} within ${milliseconds} ms`);
  };
  const death = exited.then((code) => Promise.reject(failed(`ended with exit code ${code}`)));
  const { address, token } = await inTime(
    Promise.race([banner, death]),
    START_TIMEOUT_MS,
    late(START_TIMEOUT_MS, 'print its banner'),
  );
  return {
    address,
    token,
    process: child,
    stop: () => {
      child.kill('SIGINT');
      return inTime(exited, STOP_TIMEOUT_MS, late(STOP_TIMEOUT_MS, 'end by SIGINT'));
    },
    output: () => output,
  };
}

/** The value of an assignment that the banner quoted for a shell. */
function plain(value: string): string {
  return value.startsWith("'") ? value.slice(1, -1).replaceAll(`'\\''`, "'") : value;
}
