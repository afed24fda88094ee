/** `carillon dev --with`: a Worker beside the local server, to which a destination delivers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTime } from '../support/in-time.ts';
import { startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const PATIENCE_MS = 60_000;
const scratch = scratchFolder();

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const WORKER = file(
  'worker.js',
  `import { WorkerEntrypoint } from 'cloudflare:workers';
   export default class extends WorkerEntrypoint {
     async events({ destination, events }) {
       console.log('received ' + JSON.stringify({ destination, types: events.map(({ type }) => type) }));
     }
   }`,
);

describe('carillon dev --with', () => {
  it('delivers events to a Worker in a file, by the binding of its name', async () => {
    const server = await startLocalServer(['--with', `CACHE=${WORKER}`]);
    const env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
    const policy = file(
      'cache.hcl',
      'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }',
    );
    const commands = [
      ['policy', 'write', 'cache', policy],
      [
        'destination',
        'write',
        '--worker',
        'CACHE',
        '--pattern',
        'kv-v2/*',
        '--policy',
        'cache',
        'c',
      ],
      ['events', 'trigger', 'kv-v2/data-write', '--override', 'path=secret/data/app'],
    ];
    for (const args of commands) {
      expect(await run(args, env)).toMatchObject({ code: 0 });
    }
    const received = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (!server.output().includes('{"destination":"c","types":["kv-v2/data-write"]}')) return;
        clearInterval(look);
        resolve();
      }, 50);
    });
    await inTime(received, PATIENCE_MS, () => new Error(server.output()));
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['CACHE', 2, '--with is "CACHE"; it must be NAME=file'],
    [`=${WORKER}`, 2, 'it must be NAME=file'],
    ['CACHE=', 2, 'it must be NAME=file'],
    [`HUB=${WORKER}`, 2, '--with HUB: "HUB" this server binds for itself'],
    [`ROOT_TOKEN=${WORKER}`, 2, 'binds for itself'],
    [`a-b=${WORKER}`, 2, 'is not the name of a binding'],
    ['CACHE=/no/such/worker.js', 1, 'cannot read /no/such/worker.js: there is no such file'],
    [`CACHE=${scratch}`, 1, 'is not a file'],
    [`CACHE=${join(scratch, 'worker.ts')}`, 1, 'worker.ts is TypeScript; bundle it first'],
    [`CACHE=${file('script.js', 'console.log(1)')}`, 1, 'script.js is no ES module'],
    [`CACHE=${file('wrong.js', 'export default class {')}`, 1, 'workerd ended by itself'],
  ])('refuses %s', async (option, exitCode, message) => {
    const { code, stderr } = await run(['dev', '--port', '0', '--with', option], {});
    expect(stderr).toContain(message);
    expect(code).toBe(exitCode);
  });

  it('refuses a name that is given twice', async () => {
    const twice = ['--with', `CACHE=${WORKER}`, '--with', `CACHE=${WORKER}`];
    const { code, stderr } = await run(['dev', '--port', '0', ...twice], {});
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--with CACHE is given twice'),
    });
  });
});
