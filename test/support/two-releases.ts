/** A server of two releases, as while one is deployed: each object is of one or the other, and so is the Worker. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import { configuredVariables, type Variables } from '../../src/cli/dev/variables.ts';
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

/** What runs a release of its own: the Worker, and the classes of its objects. */
export type Part = 'Worker' | 'Authority' | 'Hub' | 'WildcardHub';

export interface Releases {
  readonly present: Bundle;
  readonly before: Bundle;
  /** The parts that run the release before. */
  readonly older: readonly Part[];
  /** Variables that are not those of `wrangler.toml`. */
  readonly variables: Variables;
}

/** @param folder empty; for the storage of the objects */
export async function startTwoReleases(
  releases: Releases,
  folder: string,
  rootToken: string,
): Promise<MixedServer> {
  mkdirSync(join(folder, STATE_FOLDER), { recursive: true });
  writeFileSync(join(folder, CONFIG_FILE), configOf(releases));
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

type Release = 'present' | 'before';

const WORKERS = { present: 'carillon', before: 'before' } as const;

/** Each release is a service, which has the objects of its classes. The bindings of the other name it. */
function configOf({ present, before, older, variables }: Releases): string {
  const releaseOf = (part: string): Release =>
    older.some((each) => each === part) ? 'before' : 'present';
  const [head = ''] = workerdConfig(present, SERVING).split('const worker :');
  const services = head
    .replace('services = [', 'services = [\n    (name = "before", worker = .before),')
    .replace('service = "carillon"', `service = "${WORKERS[releaseOf('Worker')]}"`);
  const workers = (
    [
      ['worker', present, 'present'],
      ['before', before, 'before'],
    ] as const
  ).map(
    ([name, bundle, release]) =>
      `const ${name} :${serviceOf(bundle, release, releaseOf, variables)}`,
  );
  return [services, ...workers].join('\n');
}

const SERVING = { host: '127.0.0.1', port: 0, allowLoopbackHttp: false };

function serviceOf(
  bundle: Bundle,
  own: Release,
  releaseOf: (part: string) => Release,
  variables: Variables,
): string {
  const serving = {
    ...SERVING,
    variables: { ...configuredVariables(bundle.config), ...variables },
  };
  const [, service = ''] = workerdConfig(bundle, serving).split('const worker :');
  return service
    .replace(/durableObjectNamespace = "(\w+)"/g, (binding, name: string) => {
      const release = releaseOf(name);
      return release === own
        ? binding
        : `durableObjectNamespace = (className = "${name}", serviceName = "${WORKERS[release]}")`;
    })
    .replace(/\n *\(className = "(\w+)", uniqueKey = .*/g, (namespace, name: string) =>
      releaseOf(name) === own ? namespace : '',
    );
}
