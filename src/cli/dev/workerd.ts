/** Runs the bundle in workerd, and ensures that neither this process nor workerd outlives the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { replaceFile } from '../input/files.ts';
import type { Bundle } from './bundle.ts';
import type { DataFolder } from './data.ts';
import type { Variables } from './variables.ts';
import {
  type Beside,
  CONFIG_FILE,
  ROOT_TOKEN_VARIABLE,
  SOURCE_KEY_VARIABLE,
  STATE_FOLDER,
  workerdConfig,
} from './workerd-config.ts';

/** The binary for this machine. Only the local server needs it: every other command runs without. */
function workerdBinary(): CommandResult<string> {
  try {
    const { default: path } = createRequire(import.meta.url)('workerd') as { default: string };
    return ok(path);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return failed(
      `the local server needs workerd, which is not installed for this machine (${reason}); run "npm install workerd"`,
    );
  }
}

/** How long pending requests may take when the server is stopped. */
const DRAIN_MS = 1000;

export interface LocalServer {
  readonly port: number;
  /** The process of workerd. */
  readonly process: ChildProcess;
  /** Resolves with a sentence about how workerd died. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

export interface Start {
  readonly bundle: Bundle;
  readonly folder: DataFolder;
  readonly host: string;
  readonly port: number;
  readonly rootToken: string;
  /** Whether the keys of issuers, and the upstream, may be reached by http on this machine. */
  readonly allowLoopbackHttp?: boolean;
  /** The header in which clients say their region. If absent, none does. */
  readonly regionHeader?: string | undefined;
  /** If absent, those of `wrangler.toml`. */
  readonly variables?: Variables;
  /** Other services of workerd, and the bindings by which the server calls them. */
  readonly beside?: Beside | undefined;
  /** The descriptor of a file for the log of workerd. If absent, the terminal. */
  readonly log?: number;
  /** Reads what workerd writes, in place of `log`. */
  readonly readOutput?: (stdout: Readable, stderr: Readable) => void;
  /** Interrupts the start. */
  readonly signal?: AbortSignal;
}

/** @returns the server once it listens */
export async function startWorkerd({
  bundle,
  folder,
  host,
  port,
  rootToken,
  allowLoopbackHttp = false,
  regionHeader,
  variables,
  beside,
  log,
  readOutput,
  signal,
}: Start): Promise<CommandResult<LocalServer>> {
  const binary = workerdBinary();
  if (!binary.ok) return binary;
  mkdirSync(join(folder.path, STATE_FOLDER), { recursive: true, mode: 0o700 });
  const serving = { host, port, allowLoopbackHttp, regionHeader, variables, beside };
  const config = workerdConfig(bundle, serving);
  replaceFile(join(folder.path, CONFIG_FILE), config);
  const output = readOutput === undefined ? (log ?? 'inherit') : 'pipe';
  const child = spawn(binary.value, ['serve', '--control-fd=3', CONFIG_FILE], {
    cwd: folder.path,
    // Detached, because Ctrl-C reaches all processes of the terminal. This process stops workerd.
    detached: true,
    stdio: ['ignore', output, output, 'pipe', folder.lock?.descriptor],
    env: { [ROOT_TOKEN_VARIABLE]: rootToken, [SOURCE_KEY_VARIABLE]: folder.sourceKey },
  });
  if (child.stdout !== null && child.stderr !== null) readOutput?.(child.stdout, child.stderr);
  let guardLost = false;
  const died = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`workerd cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (guardLost) resolve('the guard process of workerd ended, so workerd was ended too');
      else if (signal === null) resolve(`workerd ended by itself with exit code ${code}`);
      else resolve(`workerd was ended by ${signal}`);
    });
  });
  let guard: ReturnType<typeof startGuard> | undefined;
  if (child.pid !== undefined) {
    folder.lock?.note(`process ${process.pid}, workerd ${child.pid}`);
    guard = startGuard(child.pid, folder, () => {
      guardLost = true;
      child.kill('SIGKILL');
    });
  }
  // Only for the start: a server that listens gets time for its pending requests.
  const interrupt = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', interrupt);
  const listening = await Promise.race([portOf(child), died]);
  signal?.removeEventListener('abort', interrupt);
  if (typeof listening === 'string') {
    guard?.end();
    return failed(listening);
  }
  return ok({
    port: listening,
    process: child,
    died: died.finally(() => guard?.end()),
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
      await died;
      clearTimeout(impatience);
    },
  });
}

/** When workerd listens, it writes a line of JSON to the control descriptor. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    const control = child.stdio[3] as Readable;
    control.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const port = /"event":"listen".*"port":(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

/**
 * Starts a process that ends workerd when this process ends, even if this one is killed: see `guard.ts`.
 *
 * @param onLoss called when the guard itself ends
 */
function startGuard(pid: number, folder: DataFolder, onLoss: () => void): { end(): void } {
  // `guard.ts` beside the sources, `guard.js` beside what is built of them.
  const script = fileURLToPath(new URL(`guard${extname(import.meta.url)}`, import.meta.url));
  const args = [script, String(pid), ...(folder.temporary ? [folder.path] : [])];
  const guard = spawn(process.execPath, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    // The guard needs no secret of the environment.
    env: {},
  });
  // The guard must not keep this process alive.
  guard.unref();
  guard.once('error', onLoss).once('exit', onLoss);
  return {
    end: () => {
      guard.off('exit', onLoss).kill();
    },
  };
}
