import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { folderOf, guardOf, workerdOf } from '../support/processes.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');
const scratch = scratchFolder();
writeFileSync(join(scratch, 'a-file'), '');

/** Publishes an event with this id and returns what became of it. */
async function publish({ address, token }: LocalServer, id: string): Promise<object> {
  const response = await fetch(`${address}/v1/sys/events/publish/abc`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
    body: JSON.stringify({ id }),
  });
  return ((await response.json()) as { data: object }).data;
}

/** Resolves once nothing answers at the address any more. */
async function silent(address: string): Promise<void> {
  while (
    await fetch(address).then(
      () => true,
      () => false,
    )
  );
}

describe('carillon dev', () => {
  it.each(['{}', '{"digest":"of other sources","code":"throw 1","config":""}', 'damaged'])(
    'builds anew where what it has kept is not what it would build, and keeps that: %j',
    async (kept) => {
      const cache = mkdtempSync(join(scratch, 'cache-'));
      mkdirSync(join(cache, 'carillon'));
      const file = join(cache, 'carillon/bundle.json');
      writeFileSync(file, kept);
      const server = await startLocalServer([], cache);
      expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
      expect(await server.stop()).toBe(0);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('digest');
    },
  );

  it('starts where nothing can be kept', async () => {
    const server = await startLocalServer([], join(scratch, 'a-file/below'));
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  it('prints an address, a token of its own, and lines to paste', async () => {
    const server = await startLocalServer([]);
    expect(server.token).toMatch(/^dev-[0-9a-f]{32}$/);
    expect(server.output()).toContain('for development');
    expect(server.output()).toContain(`npx wscat -c 'ws://${new URL(server.address).host}/v1/`);
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    expect(await server.stop()).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with 0 on %s', async (signal) => {
    const server = await startLocalServer([]);
    const exit = once(server.process, 'exit');
    server.process.kill(signal);
    expect(await exit).toEqual([0, null]);
    await silent(server.address);
  });

  it('quotes a token that a shell would take apart', async () => {
    const server = await startLocalServer(['--root-token', "it's$HOME;#"]);
    expect(server.token).toBe("it's$HOME;#");
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:PORT', 'http://127.0.0.1:PORT'],
    ['localhost', 'http://127.0.0.1:PORT', 'http://127.0.0.1:PORT'],
    [
      '0.0.0.0',
      'http://0.0.0.0:PORT, which is every IPv4 address of this machine',
      'http://127.0.0.1:PORT',
    ],
  ])('says which address it has bound: --host %s', async (host, bound, address) => {
    const server = await startLocalServer(['--host', host, '--root-token', 'mine-and-long']);
    const { port } = new URL(server.address);
    expect(server.output()).toContain(`Carillon listens on ${bound.replace('PORT', port)}\n`);
    expect(server.address).toBe(address.replace('PORT', port));
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  it.runIf(hasIpv6)('says which address it has bound: --host ::', async () => {
    const server = await startLocalServer(['--host', '::', '--root-token', 'mine-and-long']);
    const { port } = new URL(server.address);
    expect(server.output()).toContain(
      `Carillon listens on http://[::]:${port}, which is every address of this machine\n`,
    );
    for (const host of ['127.0.0.1', '[::1]']) {
      const address = `http://${host}:${port}`;
      expect(await publish({ ...server, address }, host)).toMatchObject({ accepted: 1 });
    }
    await server.stop();
  });

  it('keeps what --data holds when everything is killed', async () => {
    const data = join(scratch, 'kept');
    const first = await startLocalServer(['--data', data]);
    expect(await publish(first, 'x')).toMatchObject({ accepted: 1 });
    first.process.kill('SIGKILL');
    await silent(first.address);

    const second = await startLocalServer(['--data', data]);
    expect(await publish(second, 'x')).toMatchObject({ accepted: 0, duplicates: 1 });
    await second.stop();
  });

  it('has the variables that --var names, and the others of wrangler.toml', async () => {
    const server = await startLocalServer(['--var', 'CLUSTER_NAME=b']);
    const health = await fetch(`${server.address}/v1/sys/health`);
    expect(await health.json()).toMatchObject({ cluster_name: 'b' });
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  it('ignores a jurisdiction, which workerd does not know, and says so', async () => {
    const variables = ['--var', 'JURISDICTION=eu', '--var', 'LOCATION=weur'];
    const server = await startLocalServer(variables);
    expect(server.output()).toContain('warning: JURISDICTION is "eu", which this server ignores');
    expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  it('forgets without --data', async () => {
    const first = await startLocalServer([]);
    await publish(first, 'x');
    await first.stop();
    const second = await startLocalServer([]);
    expect(await publish(second, 'x')).toMatchObject({ accepted: 1 });
    await second.stop();
  });
});

describe('carillon dev, interrupted while it builds', () => {
  it('ends with 0 and leaves nothing behind', async () => {
    const temporary = mkdtempSync(join(scratch, 'tmp-'));
    const { child, finished } = start(['dev', '--port', '0'], {
      TMPDIR: temporary,
      XDG_CACHE_HOME: join(scratch, 'a-file/below'),
    });
    while (!readdirSync(temporary).some((name) => name.startsWith('carillon-bundle-'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    child.kill('SIGINT');
    expect(await finished).toEqual({
      code: 0,
      stdout: '',
      stderr: 'building the Worker (only when its sources have changed)\n',
    });
    expect(readdirSync(temporary).filter((name) => name.startsWith('carillon-'))).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('the processes of the local server', () => {
  it('end together when workerd is killed: exit code 1 and the signal', async () => {
    const server = await startLocalServer([]);
    const exit = once(server.process, 'close');
    process.kill(workerdOf(server), 'SIGKILL');
    expect(await exit).toEqual([1, null]);
    expect(server.output()).toContain('workerd was ended by SIGKILL');
  });

  it('end together when the guard is killed', async () => {
    const server = await startLocalServer([]);
    const exit = once(server.process, 'close');
    process.kill(guardOf(server), 'SIGKILL');
    expect(await exit).toEqual([1, null]);
    expect(server.output()).toContain('the guard process of workerd ended, so workerd was ended');
    await silent(server.address);
  });

  it('end together when the command is killed, and the temporary folder goes', async () => {
    const server = await startLocalServer([]);
    const folder = folderOf(workerdOf(server));
    expect(existsSync(folder)).toBe(true);
    server.process.kill('SIGKILL');
    await silent(server.address);
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('carillon dev refuses', () => {
  it('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await run(['dev', '--port', String(port)]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `carillon: port ${port} of 127.0.0.1 is taken; stop what listens there, or choose another: "npx carillon dev --port 8300", or "npm start -- --port 8300"\n`,
    );
  });

  it.each([
    ['127.0.0.1', 'localhost'],
    ['localhost', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
  ])('an upstream that is this server itself: --host %s and %s', async (host, upstream) => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const args = ['--host', host, '--port', String(port), '--root-token', 'mine-and-long'];
    const self = `http://${upstream}:${port}`;
    const { code, stderr } = await run(['dev', ...args, '--upstream', self]);
    expect(code).toBe(1);
    const bound = host === '0.0.0.0' ? host : '127.0.0.1';
    expect(stderr).toContain(
      `carillon: the upstream ${self} is this server itself, on ${bound} port ${port}; give the`,
    );
  });

  it('options that npm kept for itself', async () => {
    const env = { npm_lifecycle_event: 'start', npm_config_port: 'true' };
    const { code, stderr } = await run(['dev', '8337'], env);
    expect(code).toBe(2);
    expect(stderr).toContain('npm kept options of this command; write npm start -- --port 8337;');
  });

  it('a data folder that is a file', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await run(['dev', '--port', '0', '--data', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} cannot be used: a file stands in its place; name one`);
  });

  it.each([
    [['--bogus'], 'unknown flag --bogus'],
    [['--port'], '--port has no value; write --port <port>'],
    [['--port', '70000'], '--port is "70000"; it must be a number from 0 to 65535'],
    [['--port', '8200x'], '--port is "8200x"'],
    [['--host', '0.0.0.0'], 'can be reached from other machines; give it a root token'],
    [['--host', '::'], 'can be reached from other machines'],
    [
      ['--host', '0.0.0.0', '--root-token', 'short-token'],
      '--root-token has 11 characters, and --host 0.0.0.0 can be reached from other machines; use a root token of at least 12',
    ],
    [['--root-token', 'a', '--root-token-file', 'b'], 'exclude each other'],
    [['--root-token', 'a b'], '--root-token must be printable ASCII'],
    [['--root-token', 'a,b'], 'for the rotation of a deployment, and this server takes one'],
    [['--root-token', ''], '--root-token is empty'],
    [['surplus'], 'the command takes no arguments, only options'],
    [['--var', 'CLUSTER=b'], 'wrangler.toml has no such variable; it has CLUSTER_NAME, '],
    [
      ['--var', 'CLUSTER_NAME=a b'],
      'the variable CLUSTER_NAME is "a b"; set it in wrangler.toml, or with --var, to letters',
    ],
    [
      ['--shard-at', '-1'],
      'the variable SHARD_AT_SOCKETS is "-1"; set it in wrangler.toml, or with --var, to a whole number from 0',
    ],
    [['--shard-at', '4', '--shard-sockets', '0'], 'the variable SHARD_SOCKETS is "0"'],
    [['--shard-at', '4', '--region-at', 'x'], 'the variable REGION_AT_SOCKETS is "x"'],
    [
      ['--shard-at', '4', '--region-header', 'a b'],
      '--region-header is "a b"; it must be the name',
    ],
    [
      ['--region-header', 'X-Carillon-Region'],
      '--region-header does nothing without shards; add --shard-at',
    ],
  ])('%j as wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await run(['dev', ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain('see "carillon dev --help"');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('an address that is not of this machine', async () => {
    const { code, stderr } = await run([
      'dev',
      '--port',
      '0',
      '--host',
      '192.0.2.1',
      '--root-token',
      'mine-and-long',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('--host 192.0.2.1 is no address of this machine');
  });
});
