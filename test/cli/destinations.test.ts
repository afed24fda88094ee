import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { post } from '../support/post.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

/** A receiver that says what it is told to say, and the subjects of what it was sent. */
let receiver: Server;
let url: string;
let status = 200;
const received: string[] = [];

beforeAll(async () => {
  server = await startLocalServer(['--allow-loopback-http']);
  env = { HOME: scratch, VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    if (status === 200) received.push((JSON.parse(body) as { subject: string }).subject);
    response.writeHead(status).end('an answer');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const policy =
    'path "app/*" { capabilities = ["list", "subscribe"]\n subscribe_event_types = ["*"] }';
  await post(server, 'sys/policies/acl/app', { policy });
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await server.stop();
});

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const SECRET = `whsec_${Buffer.alloc(32, 'canary').toString('base64')}`;

function carillon(...args: string[]) {
  return run(['destination', ...args], env);
}

function writeHook(name: string, ...more: string[]) {
  return carillon('write', '--pattern=app/*', '--policy=app', `--url=${url}`, ...more, name);
}

async function dataOf(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await carillon(...args, '--format=json');
  return (JSON.parse(stdout) as { data: Record<string, unknown> }).data;
}

describe('carillon destination', () => {
  it('is written, tried, read, listed and deleted, and never shows a secret', async () => {
    const secretFile = file('secret', `${SECRET}\n`);
    const header = 'Authorization: Bearer canary';
    expect(await writeHook('ci', '--secret-file', secretFile, '--header', header)).toEqual({
      code: 0,
      stdout: '',
      stderr: 'wrote the destination "ci"\n',
    });
    const tried = await carillon('test', 'ci');
    expect(tried.code).toBe(0);
    expect(tried.stdout).toMatch(/ delivered +200 +1 +1 +\d+ ms +an answer\n$/);
    const shown = await carillon('read', 'ci');
    expect(shown.stdout).toMatch(/^status +active$/m);
    expect(shown.stdout).toMatch(/^headers +\{"Authorization":"\(hidden\)"\}$/m);
    expect(shown.stdout).not.toMatch(/canary|whsec_/);
    expect((await carillon('list')).stdout).toMatch(/^ci$/m);
    const told = await run(['status'], env);
    expect(told.stdout).toMatch(/^destination ci +active$/m);
    expect((await carillon('delete', 'ci')).stderr).toBe(
      'deleted the destination "ci", if there was one\n',
    );
    for (const command of ['read', 'attempts', 'test', 'pause', 'resume']) {
      expect(await carillon(command, 'ci')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'carillon: there is no destination "ci"\n',
      });
    }
  });

  it('delivers, waits while its receiver fails, and goes back in time', async () => {
    const made = await writeHook('slow', '--generate-secret');
    expect(made.stderr).toMatch(/^signing secret: whsec_\S{44}\n/);
    status = 503;
    await post(server, 'sys/events/publish/app/thing', { metadata: { path: 'app/one' } });
    await vi.waitFor(
      async () => expect((await carillon('attempts', 'slow')).stdout).toMatch(/ failed +503 /),
      { timeout: 20_000, interval: 200 },
    );
    expect((await carillon('read', 'slow')).stdout).toMatch(/^status +failing$/m);
    const refused = await carillon('test', 'slow');
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({
      code: 3,
      stdout: expect.stringMatching(/ failed +503 .* an answer\n$/),
    });
    status = 200;
    expect((await carillon('resume', 'slow')).stderr).toBe('resumed the destination "slow"\n');
    await vi.waitFor(() => expect(received).toContain('app/one'), { timeout: 20_000 });
    expect((await carillon('pause', 'slow')).stderr).toBe('paused the destination "slow"\n');
    expect((await dataOf('read', 'slow')).state).toMatchObject({
      status: 'paused',
      reason: 'operator',
    });
    await carillon('resume', 'slow');
    received.length = 0;
    const replayed = await carillon('replay', '--since=earliest', 'slow');
    expect(replayed.stderr).toBe('the destination "slow" delivers again since earliest\n');
    await vi.waitFor(() => expect(received).toContain('app/one'), { timeout: 20_000 });
  });

  it('takes all settings from a file, and what is beside it overrides them', async () => {
    const settings = file(
      'all.json',
      JSON.stringify({
        pattern: 'other/*',
        batch_max_events: 20,
        max_age: '2h',
        headers: { 'X-A': '1', 'X-B': '2' },
        secrets: [SECRET],
      }),
    );
    await writeHook(
      'all',
      '--settings',
      settings,
      '--header',
      'X-B: 3',
      '--dead-letter=carillon/undelivered',
    );
    expect(await dataOf('read', 'all')).toMatchObject({
      pattern: 'app/*',
      batch_max_events: 20,
      max_age: 7200,
      headers: { 'X-A': '1', 'X-B': '3' },
      dead_letter: 'carillon/undelivered',
    });
  });

  it.each([
    [
      ['write', '--url=https://x.example/', '--worker=CACHE', 'a'],
      'a destination has one target: give one of --url, --worker and --queue',
    ],
    [
      ['write', '--header=x', '--url=https://x.example/', 'a'],
      '--header must be "<name>: <value>"',
    ],
    [['read', 'a/b'], 'the destination name "a/b" must be of letters'],
    [['replay', 'a'], 'missing --since: "earliest", or a time such as 2h'],
  ])('is used wrongly: %j', async (args, message) => {
    const { code, stderr } = await carillon(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('says what the server refuses', async () => {
    const { code, stderr } = await carillon('write', '--pattern=*', '--policy=app', 'a');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'carillon: the server answered 400: missing type; there are "worker", "queue", "webhook"\n',
    });
  });
});
