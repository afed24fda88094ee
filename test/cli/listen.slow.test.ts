/** `carillon events listen`: events as webhooks to a program. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { STANDARD_WEBHOOKS } from '../../src/ingest/webhooks/verifiers/standard-webhooks.ts';
import { LastingServer } from '../support/lasting-server.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { WebhookProgram } from '../support/webhook-program.ts';
import { accepted } from '../unit/support/result.ts';
import { conditionsAt, sentWith } from '../unit/support/sent.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const scratch = scratchFolder();
const secretFile = join(scratch, 'secret');
let server: LastingServer;
let program: WebhookProgram;
let env: Record<string, string>;

beforeAll(async () => {
  writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o600 });
  server = await LastingServer.start();
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token, HOME: scratch };
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  program = await WebhookProgram.start();
  return () => program.close();
});

function publish(type: string, ...ids: string[]) {
  const lines = ids.map((id) => JSON.stringify({ id, metadata: { path: 'secret/data/app' } }));
  return run(['events', 'publish', type, '--data', '-'], env, lines.join('\n'));
}

async function listening(...args: string[]) {
  const listener = start(
    ['events', 'listen', '--forward-to', program.url, '--secret-file', secretFile, ...args],
    env,
  );
  await listener.stderrMatching(/subscribed to/);
  return listener;
}

async function interrupted({ child, finished }: Awaited<ReturnType<typeof listening>>) {
  child.kill('SIGINT');
  return finished;
}

describe('a listener', () => {
  it('sends each event in order, signed as Standard Webhooks define it, and prints the answers', async () => {
    program.answers = [{ status: 200, body: 'fine' }];
    const listener = await listening('sent/*');
    await publish('sent/one', 'a', 'b');
    const [first, second] = await program.receives(2);
    expect(await interrupted(listener)).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^\d\d:\d\d:\d\d {2}sent\/one {2}secret\/data\/app {2}200 in \d+ ms\n.* 204 in \d+ ms\n$/,
      ),
      stderr: expect.stringMatching(
        /^subscribed to sent\/\* at .*\n2 delivered\nto resume there, give --since cc2\.\S+\n$/,
      ),
    });

    expect(program.ids()).toEqual(['a', 'b']);
    expect(first?.headers['content-type']).toBe('application/cloudevents+json');
    expect(second?.headers['webhook-id']).toBe('b');
    for (const { headers, body } of program.received) {
      const text = body.toString();
      expect(JSON.parse(text)).toMatchObject({
        specversion: '1.0',
        data: { event_type: 'sent/one' },
      });
      const sent = sentWith(headers as Record<string, string>, text);
      const now = Math.floor(Date.now() / 1000);
      accepted(await STANDARD_WEBHOOKS.verify(sent, [SECRET], conditionsAt(now)));
    }
  });

  it('is believed by a source of Carillon that has its secret, and by no other', async () => {
    const kind = ['source', 'write', '--kind', 'standard-webhooks', '--secret-file', '-', 'echo'];
    const other = `whsec_${Buffer.alloc(24, 'other').toString('base64')}`;
    for (const [secret, answer] of [
      [SECRET, /200 in/],
      [other, /401 in .*the signature is wrong/],
    ] as const) {
      expect((await run(kind, env, secret)).code).toBe(0);
      const url = `${server.address}/v1/sys/events/in/echo`;
      const args = ['--forward-to', url, '--secret-file', secretFile, 'believed'];
      const listener = start(['events', 'listen', ...args], env);
      await listener.stderrMatching(/subscribed to/);
      await publish('believed', `for ${secret}`);
      await listener.stdoutMatching(/\n/);
      expect((await interrupted(listener)).stdout).toMatch(answer);
    }
  });

  it('makes a secret and prints it, if none is given', async () => {
    const args = ['events', 'listen', '--forward-to', program.url, 'unnamed'];
    const listener = start(args, env);
    const printed = await listener.stderrMatching(/subscribed to/);
    const secret = /^signing secret: (whsec_\S+) /m.exec(printed)?.[1] ?? '';
    await publish('unnamed', 'a');
    const [{ headers, body } = { headers: {}, body: '' }] = await program.receives(1);
    await interrupted(listener);
    const sent = sentWith(headers as Record<string, string>, body.toString());
    const now = Math.floor(Date.now() / 1000);
    accepted(await STANDARD_WEBHOOKS.verify(sent, [secret], conditionsAt(now)));
  });

  it('takes patterns, filters and positions as a subscriber does', async () => {
    await publish('chosen/one', 'early');
    await publish('other/one', 'other');
    const args = ['--since', '5m', '--filter', 'event_type != "chosen/two"', 'chosen/*'];
    const listener = await listening(...args);
    await publish('chosen/two', 'filtered');
    await publish('chosen/one', 'late');
    await program.receives(2);
    expect((await interrupted(listener)).stderr).toMatch(/^--since 5m is 20/);
    expect(program.ids()).toEqual(['early', 'late']);
  });

  it('prints an object a line with --format json', async () => {
    program.answers = [{ status: 503 }, { status: 422, body: 'no such\n invoice' }];
    const listener = await listening('-format=json', 'printed');
    await publish('printed', 'a');
    const { stdout } = await program.receives(2).then(() => interrupted(listener));
    expect(JSON.parse(stdout)).toEqual({
      id: 'a',
      event_type: 'printed',
      path: 'secret/data/app',
      outcome: 'rejected',
      status: 422,
      duration_ms: expect.any(Number),
      attempts: 2,
      reason: 'answered 422: no such invoice',
    });
  });
});

describe('a program', () => {
  it('that answers 5xx or 429 gets the event again, before the next one', async () => {
    program.answers = [
      { status: 500, body: 'bug' },
      { status: 429, headers: { 'Retry-After': '1' } },
    ];
    const listener = await listening('failing');
    await publish('failing', 'a', 'b');
    await program.receives(4);
    expect(program.ids()).toEqual(['a', 'a', 'a', 'b']);
    const [first, second] = program.received;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toEqual(first?.body);
    const { stdout, stderr } = await interrupted(listener);
    expect(stderr).toMatch(/^a: answered 500: bug; trying again in \d\.\d s$/m);
    expect(stderr).toMatch(/^a: answered 429; trying again in \d\.\d s$/m);
    expect(stdout).toMatch(/204 in \d+ ms, attempt 3\n.*204 in \d+ ms\n$/);
  });

  it.each([
    [400, { status: 400, body: 'no' }, 'answered 400: no'],
    [404, { status: 404 }, 'answered 404'],
    [302, { status: 302, headers: { Location: '/login' } }, 'answered 302: redirects to /login'],
    [410, { status: 410, body: 'x'.repeat(10_000) }, 'answered 410'],
  ])('that answers %i gets the next event', async (status, answer, reason) => {
    program.answers = [answer];
    const listener = await listening('rejecting');
    await publish('rejecting', `${status}`, `after ${status}`);
    await program.receives(2);
    expect(program.ids()).toEqual([`${status}`, `after ${status}`]);
    const { stdout, stderr } = await interrupted(listener);
    expect(stdout).toContain(`; rejected, not sent again: ${reason}\n`);
    expect(stderr).toMatch(/^1 delivered, 1 rejected$/m);
  });

  it('that is not there is waited for, and gets everything in order', async () => {
    const listener = await listening('absent');
    await program.close();
    await publish('absent', 'a', 'b');
    await listener.stderrMatching(
      /a: cannot reach http:\/\/127.* \(ECONNREFUSED\);.*trying again in/,
    );
    await program.listen();
    await program.receives(2);
    await interrupted(listener);
    expect(program.ids()).toEqual(['a', 'b']);
  });

  it('that stays away ends the listener after --retry-for, which says where to resume', async () => {
    const listener = await listening('--retry-for', '1s', 'given-up');
    await publish('given-up', 'a');
    await program.receives(1);
    await program.close();
    await publish('given-up', 'b', 'c');
    const { code, stderr } = await listener.finished;
    expect(code).toBe(1);
    const cursor =
      /^carillon: b \(given-up\) is not delivered: cannot reach .*; to resume there, give --since (cc2\.\S+)$/m.exec(
        stderr,
      )?.[1];
    await program.listen();
    const again = await listening('--since', String(cursor), 'given-up');
    await program.receives(3);
    await interrupted(again);
    expect(program.ids()).toEqual(['a', 'b', 'c']);
  });

  it('that asks for a year is sent the event again before --retry-for is over', async () => {
    program.answers = [{ status: 429, headers: { 'Retry-After': '31536000' } }];
    const listener = await listening('--retry-for', '2s', 'patient');
    await publish('patient', 'a');
    await program.receives(2);
    expect(await interrupted(listener)).toMatchObject({ code: 0 });
  });

  it('at a port that no web client calls ends the listener at once', async () => {
    const args = ['events', 'listen', '--forward-to', 'http://127.0.0.1:6000', 'blocked'];
    const listener = start(args, env);
    await listener.stderrMatching(/subscribed to/);
    await publish('blocked', 'a');
    expect(await listener.finished).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/a \(blocked\) is not delivered: port 6000 is one that web/),
    });
  });

  it('that does not answer does not keep the listener from ending', async () => {
    program.answers = ['none'];
    const state = join(scratch, 'silent.json');
    const listener = await listening('--state-file', state, 'silent');
    await publish('silent', 'a');
    await program.receives(1);
    listener.child.kill('SIGINT');
    listener.child.kill('SIGTERM');
    // A second signal does not wait.
    expect((await listener.finished).code).toBe(130);
    const again = await listening('--state-file', state, 'silent');
    await program.receives(2);
    await interrupted(again);
    expect(program.ids()).toEqual(['a', 'a']);
  });
});

describe('a state file', () => {
  it('keeps the position: a listener that was killed sends what it missed, once and in order', async () => {
    const state = join(scratch, 'state.json');
    const first = await listening('--state-file', state, 'kept');
    await publish('kept', 'a', 'b');
    await first.stdoutMatching(/(.+\n){2}/);
    first.child.kill('SIGKILL');
    await first.finished;
    await publish('kept', 'c');
    const second = await listening('--state-file', state, '--since', 'earliest', 'kept');
    await publish('kept', 'd');
    await program.receives(4);
    expect((await interrupted(second)).stderr).toMatch(
      /^resuming from \S+state\.json; --since is not used$/m,
    );
    expect(program.ids()).toEqual(['a', 'b', 'c', 'd']);
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({
      command: 'events listen',
      pattern: 'kept',
      cursor: expect.stringMatching(/^cc2\./),
    });
  });

  it('is there before the first event, so that none is missed', async () => {
    const state = join(scratch, 'early.json');
    await interrupted(await listening('--state-file', state, 'unheard'));
    expect(existsSync(state)).toBe(true);
    await publish('unheard', 'a');
    const listener = await listening('--state-file', state, 'unheard');
    await program.receives(1);
    await interrupted(listener);
    expect(program.ids()).toEqual(['a']);
  });

  it('keeps the position over a restart of the server', async () => {
    const listener = await listening('--state-file', join(scratch, 'restart.json'), 'restarted');
    await publish('restarted', 'a');
    await program.receives(1);
    await server.kill();
    await listener.stderrMatching(/trying again/);
    await server.start();
    await publish('restarted', 'b');
    await program.receives(2);
    await interrupted(listener);
    expect(program.ids()).toEqual(['a', 'b']);
  });

  it.each([
    ['of another pattern', { pattern: 'other' }, 'its "pattern" is "other", not "mine"'],
    ['of a relay', { command: undefined }, 'its "command" is undefined, not "events listen"'],
  ])('%s is refused', async (_what, difference, message) => {
    const state = join(scratch, 'refused.json');
    const content = {
      command: 'events listen',
      server: `${server.address}/`,
      namespace: '',
      pattern: 'mine',
      namespaces: [],
      at: '2026-11-22T12:00:00Z',
      ...difference,
    };
    writeFileSync(state, JSON.stringify(content));
    const args = ['events', 'listen', '--forward-to', program.url, '--state-file', state, 'mine'];
    const { code, stderr } = await run(args, env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });

  it('of something else is refused, and not changed', async () => {
    const args = ['events', 'listen', '--forward-to', program.url, '--state-file', secretFile];
    const { code, stderr } = await run(args, env);
    expect(code).toBe(1);
    expect(stderr).toContain('is no state file of "carillon events listen"');
    expect(readFileSync(secretFile, 'utf8')).toBe(`${SECRET}\n`);
  });
});

it('ends with 4 when its token is revoked, and says so', async () => {
  const created = await run(['token', 'create', '--policy=root', '--format=json'], env);
  const { auth } = JSON.parse(created.stdout) as { auth: { client_token: string } };
  const args = ['events', 'listen', '--forward-to', program.url, 'revoked'];
  const listener = start(args, { ...env, VAULT_TOKEN: auth.client_token });
  await listener.stderrMatching(/subscribed to/);
  await run(['token', 'revoke', auth.client_token], env);
  expect(await listener.finished).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('carillon: the server ended the subscription (revoked)'),
  });
});

it('ends with 1 if the server refuses the subscription, and counts nothing', async () => {
  const args = ['events', 'listen', '--forward-to', program.url, '--secret-file', secretFile];
  const { code, stderr } = await run([...args, '--filter', 'a ='], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^carillon: the server answered 400: Error subscribing: filter: line 1/);
});

describe('what is refused', () => {
  it.each([
    [[], 2, '--forward-to is missing'],
    [['--forward-to', 'localhost:3000'], 2, '--forward-to is "localhost:3000"; give a URL'],
    [['--forward-to', 'ftp://localhost'], 2, '--forward-to is "ftp://localhost"; give a URL'],
    [['--forward-to', 'http://a:b@localhost'], 2, '--forward-to has a user name'],
    [['--forward-to', 'http://localhost', '--retry-for', 'long'], 2, '--retry-for must be'],
    [['--forward-to', 'http://localhost', '--since', 'tomorrow'], 2, '--since is "tomorrow"; give'],
    [['--forward-to', 'http://localhost', 'a', 'b'], 2, 'one pattern is enough, 2 were given'],
    [['--forward-to', 'http://localhost', 'a/../b'], 2, 'has a "." or ".." segment'],
    [['--forward-to', 'http://localhost', '--secret-file', '/nowhere'], 1, 'cannot read /nowhere'],
    [['--forward-to', 'http://localhost', '--state-file', '/nowhere/s'], 1, 'cannot be used'],
  ])('%j', async (args, code, message) => {
    const finished = await run(['events', 'listen', ...args], env);
    expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });

  it.each([
    ['not base64!', 'is not Base64 after "whsec_"'],
    [`whpk_${Buffer.alloc(32).toString('base64')}`, 'is a public key, which signs nothing'],
    ['', 'is not Base64'],
  ])('the secret %j', async (secret, message) => {
    const args = ['events', 'listen', '--forward-to', program.url, '--secret-file', '-'];
    const { code, stderr } = await run(args, env, secret);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    if (secret !== '') expect(stderr).not.toContain(secret);
  });
});
