/** A server whose Worker is of one release and whose objects are of another, as while a release is deployed. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import {
  CONFIG_FILE,
  ROOT_TOKEN_VARIABLE,
  SOURCE_KEY_VARIABLE,
  STATE_FOLDER,
  workerdConfig,
} from '../../src/cli/dev/workerd-config.ts';

const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string };

export interface MixedServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** @param folder empty; for the storage of the objects */
export async function startTwoReleases(
  worker: Bundle,
  objects: Bundle,
  folder: string,
  rootToken: string,
): Promise<MixedServer> {
  mkdirSync(join(folder, STATE_FOLDER), { recursive: true });
  writeFileSync(join(folder, CONFIG_FILE), configOf(worker, objects));
  const child = spawn(WORKERD, ['serve', '--control-fd=3', CONFIG_FILE], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: {
      [ROOT_TOKEN_VARIABLE]: rootToken,
      [SOURCE_KEY_VARIABLE]: Buffer.alloc(32, 'a key of the tests').toString('base64'),
    },
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const port = new Promise<string>((resolve) => {
    let text = '';
    (child.stdio[3] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /"event":"listen".*"port":(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const died = exited.then(() => Promise.reject(new Error('workerd ended before it listened')));
  const address = `http://127.0.0.1:${await Promise.race([port, died])}`;
  died.catch(() => {});
  return {
    address,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The objects are a service of their own, which the bindings of the Worker name. */
function configOf(worker: Bundle, objects: Bundle): string {
  const serving = { host: '127.0.0.1', port: 0, allowLoopbackHttp: false };
  const ofWorker = workerdConfig(worker, serving)
    .replace(
      /durableObjectNamespace = ("\w+")/g,
      'durableObjectNamespace = (className = $1, serviceName = "objects")',
    )
    .replace(/ {2}durableObjectNamespaces = \[[^\]]*\],\n.*durableObjectStorage = .*\n/, '')
    .replace('services = [', 'services = [\n    (name = "objects", worker = .objects),');
  const [, ofObjects = ''] = workerdConfig(objects, serving).split('const worker :');
  return `${ofWorker}\nconst objects :${ofObjects}`;
}
