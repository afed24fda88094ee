/** `carillon events subscribe` where it does more than a stock subscriber. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastingServer } from '../support/lasting-server.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LastingServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await LastingServer.start();
  env = {
    VAULT_ADDR: server.address,
    VAULT_TOKEN: server.token,
    HOME: scratch,
  };
});
afterAll(() => server[Symbol.asyncDispose]());

function publish(type: string, ...ids: string[]) {
  const lines = ids.map((id) => JSON.stringify({ id, metadata: { path: '<a>&b', 10: 1, 9: 2 } }));
  return run(['events', 'publish', type, '--data', '-'], env, lines.join('\n'));
}

function idsIn(stdout: string): string[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

async function subscribed(...args: string[]) {
  const subscription = start(['events', 'subscribe', ...args], env);
  await subscription.stderrMatching(/subscribed to/);
  return subscription;
}

describe('--since', () => {
  it('prints what was published before, as a stock subscriber prints it', async () => {
    const stock = await subscribed('before');
    const stockProtobuf = await subscribed('--protobuf', 'before');
    await publish('before', 'a', 'b');
    const frames = await stock.stdoutMatching(/(?:.+\n){2}/);
    const protobufFrames = await stockProtobuf.stdoutMatching(/(?:.+\n){2}/);
    for (const { child } of [stock, stockProtobuf]) child.kill('SIGINT');

    const since = await subscribed('--since', 'earliest', 'before');
    expect(await since.stdoutMatching(/(?:.+\n){2}/)).toBe(frames);
    const protobuf = await subscribed('--since=earliest', '--protobuf', 'before');
    expect(await protobuf.stdoutMatching(/(?:.+\n){2}/)).toBe(protobufFrames);
    const after = await subscribed('-since', 'a', 'before');
    expect(idsIn(await after.stdoutMatching(/.+\n/))).toEqual(['b']);
    await publish('before', 'c');
    expect(idsIn(await after.stdoutMatching(/(?:.+\n){2}/))).toEqual(['b', 'c']);
    for (const { child } of [since, protobuf, after]) child.kill('SIGINT');
    expect(await after.finished).toMatchObject({
      code: 130,
      stderr: `subscribed to before at ${server.address}\n`,
    });
  });

  it.each([['-15m'], ['15m ago'], ['yesterday']])(
    '%s begins at that time, and says which it is',
    async (since) => {
      await publish('lately', 'a');
      const lately = start(['events', 'subscribe', '--since', since, 'lately'], env);
      expect(idsIn(await lately.stdoutMatching(/.+\n/))).toContain('a');
      lately.child.kill('SIGINT');
      expect((await lately.finished).stderr).toMatch(
        new RegExp(
          `^--since ${since} is \\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(Z|[+-]\\d{2}:\\d{2})\n`,
        ),
      );
    },
  );

  it('refuses what is no position before it asks the server, with the forms', async () => {
    const nowhere = { ...env, VAULT_ADDR: 'http://127.0.0.1:1' };
    const { code, stderr } = await run(['events', 'subscribe', '--since=tomorrow', '*'], nowhere);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^carillon: --since is "tomorrow"; give "earliest"; a time: 2h, "15m ago"/,
    );
  });

  it('says where events may be missing', async () => {
    const { child, stderrMatching } = await subscribed('--since', 'never-there', 'gappy');
    expect(await stderrMatching(/missing/)).toContain('events may be missing here (unknown_event)');
    child.kill('SIGINT');
  });

  it('says what the server warns of', async () => {
    const args = ['--since', 'earliest', '--namespaces', '/x', 'warned'];
    const { child, stderrMatching } = await subscribed(...args);
    await stderrMatching(
      /^warning: namespaces: no namespace begins with a slash, as "\/x" does\n/m,
    );
    child.kill('SIGINT');
  });
});

describe('--follow', () => {
  it('goes on when the server is killed and started again: nothing is missing or comes twice', async () => {
    const { child, finished, stdoutMatching, stderrMatching } = await subscribed(
      '--follow',
      'followed',
    );
    await publish('followed', 'a', 'b');
    await stdoutMatching(/(?:.+\n){2}/);
    await server.kill();
    await stderrMatching(/^the connection broke; trying again in \d\.\d s$/m);
    await server.start();
    await publish('followed', 'c', 'd');
    await stdoutMatching(/(?:.+\n){4}/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(idsIn(stdout)).toEqual(['a', 'b', 'c', 'd']);
    expect(stderr.match(/^subscribed to followed/gm)).toHaveLength(2);
  });

  it('waits for a reader that is slow, and prints all to it in the end', async () => {
    const { child, finished, stdoutMatching } = await subscribed('--follow', 'slow');
    child.stdout.pause();
    const line = JSON.stringify({ metadata: { text: 'x'.repeat(1000) } });
    await run(['events', 'publish', 'slow', '--data', '-'], env, `${line}\n`.repeat(2000));
    child.stdout.resume();
    await stdoutMatching(/^(?:.+\n){2000}$/);
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
  });

  it('ends at once when it is interrupted, though its reader takes nothing', async () => {
    const { child } = await subscribed('--follow', 'stalled');
    const exited = once(child, 'exit');
    child.stdout.pause();
    const line = JSON.stringify({ metadata: { text: 'x'.repeat(1000) } });
    await run(['events', 'publish', 'stalled', '--data', '-'], env, `${line}\n`.repeat(800));
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });
});

describe('without --follow', () => {
  it('it ends with 1 when the server goes, after what came before', async () => {
    await using own = await LastingServer.start();
    const there = { ...env, VAULT_ADDR: own.address };
    await run(['events', 'publish', 'gone', 'a=b'], there);
    const { finished, stdoutMatching } = start(
      ['events', 'subscribe', '--since', 'earliest', 'gone'],
      there,
    );
    await stdoutMatching(/.+\n/);
    await own.kill();
    expect(await finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('carillon: the connection broke\n'),
    });
  });
});

describe('--timeout', () => {
  it.each([[['timed']], [['--since', 'earliest', 'timed']], [['--follow', 'timed']]])(
    'ends %j with 0 after so long',
    async (args) => {
      await publish('timed', 'a');
      const { code, stderr } = await run(['events', 'subscribe', '-timeout=1s', ...args], env);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `subscribed to timed at ${server.address}\n`,
      });
    },
  );

  it.each(['0', '-1s', 'soon', '300d'])('cannot be %s', async (timeout) => {
    const args = ['events', 'subscribe', `--timeout=${timeout}`, '*'];
    expect(await run(args, env)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('what is refused', () => {
  it.each([
    [
      ['--since', 'cc2.AAAA'],
      {},
      'the server answered 400: since is no cursor that this server made',
    ],
    [
      ['--follow', '--filter', 'a ='],
      {},
      'answered 400: Error subscribing: filter: line 1, column 3',
    ],
    [['--follow'], { VAULT_TOKEN: 'wrong' }, 'the server answered 403: 2 errors occurred'],
    [['--follow'], { VAULT_NAMESPACE: 'ns1' }, 'there is no namespace "ns1"'],
    [
      ['--since=a'],
      { VAULT_ADDR: 'http://127.0.0.1:1' },
      'cannot reach http://127.0.0.1:1 (bad port)',
    ],
  ])('%j with %o ends it, and says why', async (args, wrong, message) => {
    const { code, stdout, stderr } = await run(['events', 'subscribe', ...args, '*'], {
      ...env,
      ...wrong,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('is --follow of a server that is no Carillon', async () => {
    const other: Server = createServer((_request, response) => {
      response.writeHead(404).end('{"errors":["unsupported path"]}');
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const VAULT_ADDR = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await run(['events', 'subscribe', '--follow', '*'], {
      ...env,
      VAULT_ADDR,
    });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/answered 404: unsupported path; .*need a Carillon server\n$/);
  });
});
