/** Servers that are measured: processes of their own, on ports that the system chooses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import { configuredVariables, type Variables } from '../../src/cli/dev/variables.ts';
import {
  type Beside,
  CONFIG_FILE,
  ROOT_TOKEN_VARIABLE,
  SOURCE_KEY_VARIABLE,
  STATE_FOLDER,
  workerdConfig,
} from '../../src/cli/dev/workerd-config.ts';

const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string };

export const ROOT_TOKEN = 'bench-root';
const SOURCE_KEY = randomBytes(32).toString('base64');

export interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const running = new Map<ChildProcess, () => void>();
// Whatever ends the bench ends what it measured.
process.once('exit', () => {
  for (const [child, cleanUp] of running) {
    child.kill('SIGKILL');
    cleanUp();
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(130));
}

/** Regions and shards on one machine. */
export interface Sharding {
  /** Those that differ from what a hub without shards has. */
  readonly variables: Variables;
  /** In which a subscriber says where it is. */
  readonly regionHeader: string;
}

/** What destinations deliver to: bindings to it, and the variables that allow it. */
export interface Targets {
  readonly beside: Beside;
  readonly variables: Variables;
}

interface Serving {
  /** Further options of `workerd serve`. */
  readonly options?: readonly string[];
  /** Whether it may call servers of this machine. */
  readonly allowLoopbackHttp?: boolean;
  /** If absent, no hub has shards. */
  readonly sharding?: Sharding | undefined;
  readonly targets?: Targets | undefined;
}

/** workerd with the state of its objects on the disk, as `carillon dev` runs it. */
export async function startWorkerd(
  bundle: Bundle,
  { options = [], allowLoopbackHttp = false, sharding, targets }: Serving = {},
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  mkdirSync(join(folder, STATE_FOLDER));
  const config = workerdConfig(bundle, {
    host: '127.0.0.1',
    port: 0,
    allowLoopbackHttp: allowLoopbackHttp || targets !== undefined,
    variables: {
      ...configuredVariables(bundle.config),
      SHARD_AT_SOCKETS: '0',
      ...sharding?.variables,
      ...targets?.variables,
    },
    beside: targets?.beside,
    ...(sharding && { regionHeader: sharding.regionHeader }),
  });
  writeFileSync(join(folder, CONFIG_FILE), config);
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(WORKERD, ['serve', '--control-fd=3', ...options, CONFIG_FILE], {
    cwd: folder,
    stdio: ['ignore', log, log, 'pipe'],
    env: { [ROOT_TOKEN_VARIABLE]: ROOT_TOKEN, [SOURCE_KEY_VARIABLE]: SOURCE_KEY },
  });
  return started(child, child.stdio[3] as Readable, /"event":"listen".*"port":(\d+)/, (asked) => {
    if (!asked)
      console.error(`workerd ended by itself:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
    rmSync(folder, { recursive: true, force: true });
  });
}

/** The broadcast server with `ws`, in the Node that runs the bench. */
export async function startWsServer(): Promise<Server> {
  const script = fileURLToPath(new URL('ws-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  return started(child, child.stdout as Readable, /^(\d+)\n/, () => {});
}

/** A process that says in its output on what port it listens. */
function started(
  child: ChildProcess,
  output: Readable,
  sign: RegExp,
  cleanUp: (asked: boolean) => void,
): Promise<Server> {
  const port = new Promise<number>((resolve) => {
    let text = '';
    output.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = sign.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return served(child, port, cleanUp);
}

/** @param port resolves when the process listens */
export async function served(
  child: ChildProcess,
  port: Promise<number>,
  cleanUp: (asked: boolean) => void,
): Promise<Server> {
  let asked = false;
  running.set(child, () => cleanUp(true));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child);
      cleanUp(asked);
      resolve();
    });
  });
  const died = exited.then(() => Promise.reject(new Error('a server ended before it listened')));
  return {
    port: await Promise.race([port, died]),
    pid: child.pid ?? 0,
    stop: async () => {
      died.catch(() => {});
      asked = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
}
