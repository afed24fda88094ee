import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, startProgram } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const folder = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  const policy = join(folder, 'service.hcl');
  writeFileSync(
    policy,
    `path "sys/events/subscribe/kv-v2/*" { capabilities = ["read"] }
     path "secret/data/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
  );
  await carillon(server, 'policy', 'write', 'service', policy);
  await carillon(server, 'auth', 'role', 'write', 'approle', 'service', '--policy', 'service');
  const secretId = join(folder, 'service.secret-id');
  writeFileSync(secretId, await field('secret_id', 'auth', 'secret-id', 'service'));
  env = {
    VAULT_ADDR: server.address,
    ROLE_ID: await field('role_id', 'auth', 'role-id', 'service'),
    SECRET_ID_FILE: secretId,
  };
});
afterAll(() => server.stop());

async function field(name: string, ...args: string[]): Promise<string> {
  const { data } = JSON.parse(await carillon(server, ...args, '--format', 'json')) as {
    data: Record<string, string>;
  };
  return data[name] ?? '';
}

function startService(cursorFile: string): Running {
  return startProgram([join(ROOT, 'examples/node-service/service.js')], {
    ...env,
    CURSOR_FILE: join(folder, cursorFile),
  });
}

const write = (path: string) =>
  carillon(server, 'events', 'trigger', 'kv-v2/data-write', '--override', `path=${path}`);

describe('examples/node-service', () => {
  it('reads everything at its first start, then what changes, and after a kill what it missed', async () => {
    const first = startService('cursor');
    await first.stdoutMatching(/connected\nreading everything: first start\n/);
    await write('secret/data/one');
    await first.stdoutMatching(/kv-v2\/data-write secret\/data\/one\n/);
    // What it has not stored it processes again: at least once.
    first.child.kill('SIGKILL');
    await first.finished;

    await write('secret/data/two');
    const second = startService('cursor');
    const printed = await second.stdoutMatching(/secret\/data\/two\n/);
    expect(printed).not.toContain('reading everything');
    second.child.kill('SIGTERM');
    expect(await second.finished).toMatchObject({ code: 0, stderr: '' });
  });

  it('reads everything if the server does not retain what comes after its position', async () => {
    writeFileSync(join(folder, 'old'), '5d0a4b6c-0000-4000-8000-000000000000');
    const service = startService('old');
    await service.stdoutMatching(/reading everything: \w+\n/);
    service.child.kill('SIGINT');
    expect((await service.finished).code).toBe(0);
  });

  it('ends with the answer of the server if its login is refused', async () => {
    writeFileSync(join(folder, 'wrong'), 'not-a-secret-id');
    const service = startProgram([join(ROOT, 'examples/node-service/service.js')], {
      ...env,
      SECRET_ID_FILE: join(folder, 'wrong'),
    });
    const { code, stderr } = await service.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('the login failed: 400');
  });
});
