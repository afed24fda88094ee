import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, startProgram } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const folder = scratchFolder();
let server: LocalServer;
let receiver: Running;
let address: string;

/** A secret of Standard Webhooks, as the document makes it. */
const SECRET = `whsec_${Buffer.alloc(32, 'a secret of a test').toString('base64')}`;

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root', '--allow-loopback-http']);
  receiver = startProgram([join(ROOT, 'examples/webhook-receiver/receiver.js')], {
    WEBHOOK_SECRET: SECRET,
    PORT: '0',
  });
  const printed = await receiver.stdoutMatching(/listens on port (\d+)\n/);
  address = `http://127.0.0.1:${/port (\d+)/.exec(printed)?.[1]}/`;
  const policy = join(folder, 'hook.hcl');
  writeFileSync(
    policy,
    'path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }',
  );
  const secret = join(folder, 'secret');
  writeFileSync(secret, SECRET, { mode: 0o600 });
  await carillon(server, 'policy', 'write', 'hook', policy);
  await carillon(
    server,
    ...['destination', 'write', '--url', address, '--secret-file', secret],
    ...['--pattern', 'kv-v2/*', '--policy', 'hook', 'hook'],
  );
});

afterAll(async () => {
  receiver.child.kill('SIGTERM');
  await receiver.finished;
  await server.stop();
});

const write = (path: string) =>
  carillon(server, 'events', 'trigger', 'kv-v2/data-write', '--override', `path=${path}`);

describe('examples/webhook-receiver', () => {
  it('handles the events of a destination', async () => {
    await write('secret/data/app');
    await receiver.stdoutMatching(/kv-v2\/data-write secret\/data\/app\n/);
  });

  it.each([
    ['is not signed', {}, 'is missing'],
    ['is signed with another secret', { 'webhook-signature': 'v1,AAAA' }, 'no signature'],
    ['was signed long ago', { 'webhook-signature': 'v1,AAAA', 'webhook-timestamp': '1' }, 'signed'],
  ])('refuses what %s, and handles nothing of it', async (_how, signature, why) => {
    const signed = {
      'webhook-id': 'batch',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    };
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/cloudevents+json', ...signed, ...signature },
      body: '{"specversion":"1.0","id":"forged","source":"x","type":"forged"}',
    });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain(why);
    await write('secret/data/after');
    expect(await receiver.stdoutMatching(/secret\/data\/after\n/)).not.toContain('forged');
  });
});
