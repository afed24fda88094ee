import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { guardOf, workerdOf } from '../support/processes.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));
const isLinux = process.platform === 'linux';
/** Only root may make a namespace of process numbers, in which a container has its processes. */
const hasNamespaces =
  isLinux && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

const scratch = scratchFolder();

async function publish({ address, token }: LocalServer, id: string): Promise<object> {
  const response = await fetch(`${address}/v1/sys/events/publish/abc`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
    body: JSON.stringify({ id }),
  });
  return ((await response.json()) as { data: object }).data;
}

function rightsOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Everything below a folder that others have a right to. */
function openBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
}

describe('a data folder', () => {
  it('is of one of the servers that start at the same time', async () => {
    const data = join(scratch, 'raced');
    const starts = await Promise.allSettled(
      Array.from({ length: 4 }, () => startLocalServer(['--data', data])),
    );
    const winners = starts.filter((each) => each.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const each of starts) {
      if (each.status === 'rejected') expect(String(each.reason)).toMatch(/is in use by another/);
    }
    await winners[0]?.value.stop();
  }, 60_000);

  it('is refused to a second server, which says who has it, until the first is gone', async () => {
    const data = join(scratch, 'shared');
    const server = await startLocalServer(['--data', data]);
    const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
    expect(code).toBe(1);
    expect(stderr).toContain(`is in use by another server (process ${server.process.pid}, workerd`);
    await server.stop();
    await (await startLocalServer(['--data', data])).stop();
  }, 30_000);

  it.runIf(isLinux).each(['the command', 'workerd', 'the guard', 'all three'])(
    'can be used again at once, with all events and on the same port, when %s was killed',
    async (killed) => {
      const data = mkdtempSync(join(scratch, 'killed-'));
      const first = await startLocalServer(['--data', data]);
      expect(await publish(first, 'x')).toMatchObject({ accepted: 1 });
      const processes = {
        'the command': first.process.pid ?? 0,
        workerd: workerdOf(first),
        'the guard': guardOf(first),
      };
      for (const [name, pid] of Object.entries(processes)) {
        if (killed === name || killed === 'all three') process.kill(pid, 'SIGKILL');
      }
      const port = ['--port', new URL(first.address).port];
      const second = await startLocalServer([...port, '--data', data]);
      expect(await publish(second, 'x')).toMatchObject({ accepted: 0, duplicates: 1 });
      await second.stop();
    },
    30_000,
  );

  it.runIf(isLinux)(
    'is in use as long as workerd lives, also when nothing else does',
    async () => {
      const data = join(scratch, 'orphaned');
      const server = await startLocalServer(['--data', data]);
      const workerd = workerdOf(server);
      const exit = once(server.process, 'exit');
      // Found now: when the server has died, the guard is no child of it any more.
      const guard = guardOf(server);
      process.kill(guard, 'SIGSTOP');
      server.process.kill('SIGKILL');
      process.kill(guard, 'SIGKILL');
      await exit;
      expect(await publish(server, 'x')).toMatchObject({ accepted: 1 });
      const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
      expect(code).toBe(1);
      expect(stderr).toContain(`workerd ${workerd})`);
      process.kill(workerd, 'SIGKILL');
      const second = await startLocalServer(['--data', data]);
      expect(await publish(second, 'x')).toMatchObject({ accepted: 0, duplicates: 1 });
      await second.stop();
    },
    30_000,
  );

  it.runIf(hasNamespaces)(
    'is refused to a server of another container, in which each has the number 1',
    async () => {
      const data = join(scratch, 'volume');
      const inContainer = () => {
        const server = [process.execPath, COMMAND, 'dev', '--port', '0', '--data', data];
        // Its first process gets what the namespace is sent, and the others end with it.
        const args = ['--pid', '--fork', '--mount-proc', '--kill-child', ...server];
        return spawn('unshare', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      };
      const first = inContainer();
      let banner = '';
      for await (const text of first.stderr.setEncoding('utf8')) {
        banner += text;
        if (banner.includes('VAULT_ADDR')) break;
      }
      const second = inContainer();
      let refusal = '';
      for await (const text of second.stderr.setEncoding('utf8')) refusal += text;
      expect(refusal).toContain('is in use by another server (process 1, workerd');
      first.kill('SIGKILL');
      await (await startLocalServer(['--data', data])).stop();
    },
    30_000,
  );

  it.each(['', '0', 'x', String(process.pid), 'process 1, workerd 2'])(
    'can be used whatever an earlier server left in its lock: %j',
    async (lock) => {
      const data = mkdtempSync(join(scratch, 'locked-'));
      writeFileSync(join(data, 'carillon.lock'), lock);
      const server = await startLocalServer(['--data', data]);
      expect(await server.stop()).toBe(0);
    },
  );

  it.runIf(isLinux)('is refused on a file system without locks', async () => {
    const bin = mkdtempSync(join(scratch, 'bin-'));
    const refusal = '#!/bin/sh\necho "flock: 3: Function not implemented" >&2\nexit 71\n';
    writeFileSync(join(bin, 'flock'), refusal, { mode: 0o755 });
    const data = join(scratch, 'lockless');
    const PATH = `${bin}:${process.env.PATH}`;
    const { code, stderr } = await run(['dev', '--port', '0', '--data', data], { PATH });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `carillon: the data folder ${data} cannot be locked: flock: 3: Function not implemented; name a folder on a file system that has locks with --data\n`,
    );
  });

  it.runIf(isLinux)('is refused where nothing can lock it', async () => {
    const PATH = mkdtempSync(join(scratch, 'bin-'));
    const { code, stderr } = await run(['dev', '--port', '0', '--data', join(scratch, 'x')], {
      PATH,
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'cannot be locked: the command "flock" is missing; install util-linux',
    );
  });

  it('is refused where a file stands in the place of its databases', async () => {
    const data = mkdtempSync(join(scratch, 'odd-'));
    writeFileSync(join(data, 'durable-objects'), '');
    const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
    expect(code).toBe(1);
    expect(stderr).toContain(`the data folder ${data} cannot be used: a file stands in its place`);
  });

  it.runIf(isLinux)(
    'is refused where it cannot be made, although the one above is there',
    async () => {
      const { code, stderr } = await run(['dev', '--port', '0', '--data', '/proc/carillon/data']);
      expect(code).toBe(1);
      expect(stderr).toContain('it is not there and cannot be made');
    },
  );

  it.each(['', 'x', 'AAAA', '\0'])(
    'is refused where %j stands in the place of the key of its secrets, which stays as it is',
    async (text) => {
      const data = mkdtempSync(join(scratch, 'key-'));
      const file = join(data, 'source-key');
      writeFileSync(file, text);
      const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `the data folder ${data} cannot be used: its file source-key has no`,
      );
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('stays in use when its lock file is removed', async () => {
    const data = join(scratch, 'removed');
    const server = await startLocalServer(['--data', data]);
    rmSync(join(data, 'carillon.lock'));
    const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${data} is in use by another server; stop that server`);
    await server.stop();
  });
});

describe('the rights to a data folder', () => {
  it('are its owner’s alone, also to what workerd writes', async () => {
    const data = join(scratch, 'private/below');
    const server = await startLocalServer(['--data', data]);
    await publish(server, 'x');
    expect(rightsOf(join(scratch, 'private'))).toBe('700');
    expect(rightsOf(data)).toBe('700');
    expect(openBelow(data)).toEqual([]);
    expect(readdirSync(data, { recursive: true }).join()).toContain('.sqlite');
    await server.stop();
  });

  it('are taken from others in a folder that an earlier release has made', async () => {
    const data = mkdtempSync(join(scratch, 'open-'));
    chmodSync(data, 0o755);
    mkdirSync(join(data, 'durable-objects/carillon-Hub'), { recursive: true, mode: 0o755 });
    const files = ['durable-objects/carillon-Hub/0.sqlite', 'carillon.lock', 'workerd.capnp'];
    for (const name of files) writeFileSync(join(data, name), '', { mode: 0o644 });
    writeFileSync(join(data, 'format'), '1\n', { mode: 0o600 });
    const server = await startLocalServer(['--data', data]);
    expect(openBelow(data)).toEqual([]);
    // It may be a folder that the user shares.
    expect(rightsOf(data)).toBe('755');
    expect(server.output()).not.toContain('warning');
    await server.stop();
  });

  it('are warned of where others may write to it', async () => {
    const data = mkdtempSync(join(scratch, 'writable-'));
    chmodSync(data, 0o777);
    const server = await startLocalServer(['--data', data]);
    expect(server.output()).toContain(
      `warning: others may write to the data folder ${data} (mode 777); "chmod go-w" takes that from them`,
    );
    await server.stop();
  });

  it('leave the root token out of every file', async () => {
    const data = join(scratch, 'tokenless');
    const server = await startLocalServer(['--data', data, '--root-token', 'a-root-token-1234']);
    await publish(server, 'x');
    await server.stop();
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = readFileSync(join(entry.parentPath, entry.name), 'latin1');
      expect(content).not.toContain('a-root-token-1234');
    }
  });
});
