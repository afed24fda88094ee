/** Runs the bundle in workerd, and sees to it that neither outlives the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../files.ts';
import type { Bundle } from './bundle.ts';
import type { DataFolder } from './data.ts';
import type { Variables } from './variables.ts';
import {
  CONFIG_FILE,
  ROOT_TOKEN_VARIABLE,
  SOURCE_KEY_VARIABLE,
  STATE_FOLDER,
  workerdConfig,
} from './workerd-config.ts';

/** The binary for this machine. */
const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string };

/** How long requests that are under way may take to finish once the server is asked to end. */
const DRAIN_MS = 1000;

export interface LocalServer {
  readonly port: number;
  /** workerd itself. */
  readonly process: ChildProcess;
  /** Resolves with the sentence that says how workerd died, if it does so by itself. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

interface Start {
  readonly bundle: Bundle;
  readonly folder: DataFolder;
  readonly host: string;
  readonly port: number;
  readonly rootToken: string;
  /** Whether the keys of issuers, and the upstream, may be reached by http on this machine. */
  readonly allowLoopbackHttp?: boolean;
  /** Those of `wrangler.toml` if absent. */
  readonly variables?: Variables;
  /** The descriptor of a file that takes what workerd logs; the terminal by default. */
  readonly log?: number;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/** @returns the server once it listens, or the sentence that says why it does not */
export async function startWorkerd({
  bundle,
  folder,
  host,
  port,
  rootToken,
  allowLoopbackHttp = false,
  variables,
  log,
  signal,
}: Start): Promise<LocalServer | string> {
  mkdirSync(join(folder.path, STATE_FOLDER), { recursive: true, mode: 0o700 });
  const config = workerdConfig(bundle, { host, port, allowLoopbackHttp, variables });
  replaceFile(join(folder.path, CONFIG_FILE), config);
  const child = spawn(WORKERD, ['serve', '--control-fd=3', CONFIG_FILE], {
    cwd: folder.path,
    // Ctrl-C reaches the whole group of the terminal; workerd is ended by us, after us.
    detached: true,
    stdio: ['ignore', log ?? 'inherit', log ?? 'inherit', 'pipe', folder.lock?.descriptor],
    env: { [ROOT_TOKEN_VARIABLE]: rootToken, [SOURCE_KEY_VARIABLE]: folder.sourceKey },
  });
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
  // Only the start is interrupted so: a server that listens is given time to finish what it does.
  const interrupt = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', interrupt);
  const listening = await Promise.race([portOf(child), died]);
  signal?.removeEventListener('abort', interrupt);
  if (typeof listening === 'string') {
    guard?.end();
    return listening;
  }
  return {
    port: listening,
    process: child,
    died: died.finally(() => guard?.end()),
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
      await died;
      clearTimeout(impatience);
    },
  };
}

/** workerd writes a line of JSON to the control descriptor when it listens. */
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
 * A process that ends workerd when this one is gone, even if it was killed: see `guard.ts`.
 *
 * @param onLoss called when the guard itself is gone
 */
function startGuard(pid: number, folder: DataFolder, onLoss: () => void): { end(): void } {
  const script = fileURLToPath(new URL('guard.ts', import.meta.url));
  const args = [script, String(pid), ...(folder.temporary ? [folder.path] : [])];
  const guard = spawn(process.execPath, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    // It needs none of the secrets that this process may have been given.
    env: {},
  });
  // The descriptor alone must not keep this process alive.
  guard.unref();
  guard.once('error', onLoss).once('exit', onLoss);
  return {
    end: () => {
      guard.off('exit', onLoss).kill();
    },
  };
}
