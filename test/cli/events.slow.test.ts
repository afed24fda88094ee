import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = {
    VAULT_ADDR: server.address,
    VAULT_TOKEN: server.token,
    HOME: scratch,
  };
});
afterAll(() => server.stop());

/** What a frame says of its event. */
function dataOf(line: string): object {
  return (JSON.parse(line) as { data: object }).data;
}

async function subscribed(...args: string[]) {
  const subscription = start(['events', 'subscribe', ...args], env);
  await subscription.stderrMatching(/subscribed to/);
  return subscription;
}

describe('carillon events subscribe', () => {
  it('prints frames verbatim, one a line, and all else to standard error', async () => {
    const { child, finished, stdoutMatching } = await subscribed('verbatim/*');
    await run(['events', 'publish', 'verbatim/a', 'path=<a>&b'], env);
    await run(['events', 'publish', 'verbatim/b'], env);
    await stdoutMatching(/verbatim\/b"/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toBe(`subscribed to verbatim/* at ${server.address}\n`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('"path":"\\u003ca\\u003e\\u0026b"');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ data: { event_type: 'verbatim/b' } });
  });

  it('prints protobuf frames decoded, in a form that can be published again', async () => {
    const { child, finished, stdoutMatching } = await subscribed('--protobuf', 'binary');
    await run(['events', 'publish', 'binary', 'a=1', 'b=x=y'], env);
    const stdout = await stdoutMatching(/\n/);
    child.kill('SIGINT');
    await finished;
    const { id, ...event } = JSON.parse(stdout) as { id: string };
    expect(event).toEqual({ event_type: 'binary', metadata: { a: '1', b: 'x=y' } });
    const again = await run(['events', 'publish', '--data', '-'], env, stdout);
    expect(again).toEqual({
      code: 0,
      stdout: `${id}\n`,
      stderr: expect.stringMatching(/^0 accepted, 1 already known\n/),
    });
  });

  it('prints what the filter lets through, of the namespaces below as well', async () => {
    const kept = { operation: 'keep' };
    await run(['namespace', 'create', 'below'], env);
    const { child, finished, stdoutMatching } = await subscribed(
      '--filter=operation == keep',
      '-namespaces=below',
      'filtered',
    );
    await run(['events', 'publish', 'filtered', 'operation=drop'], env);
    await run(['events', 'publish', 'filtered', 'operation=keep'], env);
    await run(['events', 'publish', '--namespace=below', 'filtered', 'operation=keep'], env);
    await stdoutMatching(/(?:.+\n){2}/);
    child.kill('SIGINT');
    const { stdout } = await finished;
    const frames = stdout.trimEnd().split('\n').map(dataOf);
    // There is no order between namespaces.
    expect(frames.sort((a, b) => Number('namespace' in a) - Number('namespace' in b))).toEqual([
      { event_type: 'filtered', event: expect.objectContaining({ metadata: kept }) },
      {
        event_type: 'filtered',
        event: expect.objectContaining({ metadata: kept }),
        namespace: 'below/',
      },
    ]);
  });

  it('says what the server warns of, and why it refuses a filter', async () => {
    const { child, finished, stderrMatching } = await subscribed('--namespaces', '/x', 'warned');
    await stderrMatching(
      /\nwarning: namespaces: no namespace begins with a slash, as "\/x" does\n$/,
    );
    child.kill('SIGINT');
    await finished;
    const { code, stderr } = await run(['events', 'subscribe', '--filter', 'a =', '*'], env);
    expect(code).toBe(1);
    expect(stderr).toContain('answered 400: Error subscribing: filter: line 1, column 3: "=" is');
  });

  it('ends with 0 when its reader has enough', async () => {
    const { child, finished, stdoutMatching } = await subscribed('enough');
    await run(['events', 'publish', 'enough'], env);
    await stdoutMatching(/\n/);
    child.stdout.destroy();
    await run(['events', 'publish', 'enough'], env);
    await run(['events', 'publish', 'enough'], env);
    expect((await finished).code).toBe(0);
  });

  it('waits for a reader that is slow, and prints all to it in the end', async () => {
    const { child, finished, stdoutMatching } = await subscribed('slow');
    child.stdout.pause();
    const line = JSON.stringify({ metadata: { text: 'x'.repeat(1000) } });
    await run(['events', 'publish', 'slow', '--data', '-'], env, `${line}\n`.repeat(800));
    child.stdout.resume();
    await stdoutMatching(/^(?:.+\n){800}$/);
    child.kill('SIGINT');
    expect((await finished).stderr).toBe(`subscribed to slow at ${server.address}\n`);
  });

  it('ends at once when it is interrupted, though its reader takes nothing', async () => {
    const { child } = await subscribed('stalled');
    const exited = once(child, 'exit');
    child.stdout.pause();
    const line = JSON.stringify({ metadata: { text: 'x'.repeat(1000) } });
    await run(['events', 'publish', 'stalled', '--data', '-'], env, `${line}\n`.repeat(800));
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });

  it('ends with 1 and a sentence when the server goes', async () => {
    const own = await startLocalServer([]);
    const { finished, stderrMatching } = start(['events', 'subscribe', '*'], {
      VAULT_ADDR: own.address,
      VAULT_TOKEN: own.token,
    });
    await stderrMatching(/subscribed to/);
    await own.stop();
    expect(await finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'carillon: the connection broke; with --follow, this command reconnects to a Carillon server\n',
      ),
    });
  });

  it.each([
    [
      { VAULT_TOKEN: 'wrong' },
      'the server answered 403: 2 errors occurred: * permission denied * invalid token',
    ],
    [{ VAULT_TOKEN: '' }, 'there is no token; log in with "carillon login", or set VAULT_TOKEN'],
    [{ VAULT_ADDR: 'localhost' }, 'VAULT_ADDR is "localhost"; set it to a URL'],
    [{ VAULT_ADDR: 'http://127.0.0.1:1' }, 'cannot reach ws://127.0.0.1:1 (ECONNREFUSED)'],
    [{ VAULT_NAMESPACE: 'ns1' }, 'there is no namespace "ns1"'],
    [{ VAULT_NAMESPACE: '日本' }, 'VAULT_NAMESPACE has a character that no header can carry'],
    [{ VAULT_TOKEN: 'a\nb' }, 'VAULT_TOKEN has a character that no header can carry'],
  ])('says what is wrong with %o', async (wrong, message) => {
    const { code, stdout, stderr } = await run(['events', 'subscribe', '*'], { ...env, ...wrong });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`carillon: ${message}`);
  });
});

describe('carillon events subscribe, sent elsewhere', () => {
  let standby: Server;
  let location: (url: string) => string;
  beforeAll(async () => {
    standby = createServer();
    standby.on('upgrade', (request, socket) => {
      socket.end(
        `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location(request.url ?? '')}\r\n\r\n`,
      );
    });
    standby.listen(0, '127.0.0.1');
    await once(standby, 'listening');
  });
  afterAll(() => standby.close());
  const address = () => `http://127.0.0.1:${(standby.address() as AddressInfo).port}`;

  it('follows a standby to the active node', async () => {
    location = (url) => server.address.replace('http', 'ws') + url;
    const { child, finished, stderrMatching, stdoutMatching } = start(
      ['events', 'subscribe', 'moved'],
      { ...env, VAULT_ADDR: address() },
    );
    await stderrMatching(/subscribed to moved/);
    await run(['events', 'publish', 'moved'], env);
    await stdoutMatching(/"event_type":"moved"/);
    child.kill('SIGINT');
    await finished;
  });

  it('does not go round in circles', async () => {
    location = (url) => address().replace('http', 'ws') + url;
    const { code, stderr } = await run(['events', 'subscribe', 'moved'], {
      ...env,
      VAULT_ADDR: address(),
    });
    expect(code).toBe(1);
    expect(stderr).toContain('too many redirects');
  });
});

describe('carillon events publish', () => {
  it('prints the id of an event given as key=value', async () => {
    const { code, stdout, stderr } = await run(['events', 'publish', 'abc', 'path=a'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(stderr).toBe('1 accepted\n');
  });

  it('warns of an event that only root hears, and of a misspelt type', async () => {
    const { code, stderr } = await run(['events', 'publish', 'kv-v1/wirte', 'a=b'], env);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: event type "kv-v1/wirte" is none of Vault\'s');
    expect(stderr).toContain('warning: 1 of 1 events have no metadata "path"');
  });

  it.each([
    ['one event', '{\n  "metadata": {\n    "path": "a"\n  }\n}\n', 1],
    ['a list', '[{"id": "a"},\n {"id": "b"}]', 2],
    ['a list on one line', '[{"id": "c"}, {"id": "d"}]', 2],
    ['lines', '{"id": "e"}\n\n{"id": "f"}\n{"id": "g"}', 3],
  ])('takes %s from a file', async (_name, text, count) => {
    const file = join(scratch, 'events');
    writeFileSync(file, text);
    const { code, stdout } = await run(['events', 'publish', 'file', '--data', `@${file}`], env);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(count);
  });

  it('sends lines as they come, without waiting for the end of the input', async () => {
    const { child, finished, stdoutMatching } = start(
      ['events', 'publish', 'pipe', '--data', '-'],
      env,
    );
    child.stdin.write('{"id":"one"}\n');
    await stdoutMatching(/^one\n$/);
    child.stdin.write('{"id":"second"}\n{"id":"third"}\n');
    await stdoutMatching(/^one\nsecond\nthird\n$/);
    child.stdin.end();
    expect((await finished).code).toBe(0);
  });

  it('sends more lines than one request may have', async () => {
    const lines = Array.from({ length: 2500 }, (_, i) => `{"id":"many-${i}"}\n`).join('');
    const { code, stdout } = await run(['events', 'publish', 'many', '--data', '-'], env, lines);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2500);
  });

  it('sends lines of more event-type namespaces than one request may have', async () => {
    const lines = Array.from(
      { length: 250 },
      (_, i) => `{"event_type":"wide${i}/a","id":"w${i}"}\n`,
    );
    const { code, stdout } = await run(['events', 'publish', '--data', '-'], env, lines.join(''));
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(250);
  });

  it('takes the output of a subscription', async () => {
    const { child, finished, stdoutMatching } = await subscribed('original');
    await run(['events', 'publish', 'original', 'a=b'], env);
    const frame = await stdoutMatching(/\n/);
    child.kill('SIGINT');
    await finished;
    const { stderr } = await run(['events', 'publish', '--data', '-'], env, frame);
    expect(stderr).toMatch(/^0 accepted, 1 already known\n/);
  });

  it.each([
    [['kv-v2/data-write', 'path=a'], '', 1, 'metadata lacks "data_path", "modified", "operation"'],
    [['a*b'], '', 1, 'segment "a*b" has "*"'],
    [['abc', '--data', '-'], '{"id": 1}\n', 1, 'line 1: id must be a string'],
    [['abc', '--data', '-'], '{}\n\n{}\n\n\n{"x":1}\n', 1, 'line 6: unknown key "x"'],
    [['abc', '--data', '-'], '\n\n{"x":1}\n', 1, 'after 2 lines: the server answered 400: line 1'],
    [['abc', '--data', '-'], '', 1, 'the input has no events'],
    [
      ['abc', '--data', '@/no/such/file'],
      '',
      1,
      'cannot read /no/such/file: there is no such file or folder\n',
    ],
    [['--data', '-'], '{"metadata": {}}', 1, 'the event has no event_type'],
    [[], '', 2, 'the event type is missing'],
    [['abc', 'novalue'], '', 2, '"novalue" is not key=value'],
    [['abc', '=value'], '', 2, '"=value" is not key=value'],
    [['abc', 'a=b', '--data', '-'], '', 2, 'not both'],
    [['abc', '--data', 'file'], '', 2, '--data is "file"; give it "@file" or "-"'],
    [['../../x'], '', 2, 'the event type "../../x" has a "." or ".." segment'],
    [
      ['abc', '--data', '-'],
      'x'.repeat(2 ** 20 + 1),
      1,
      'a line is longer than 1048576 characters',
    ],
    [['abc', '--data', '-'], '[\n'.repeat(2 ** 19 + 1), 1, 'write one event a line'],
  ])('refuses %j', async (args, stdin, exitCode, message) => {
    const { code, stdout, stderr } = await run(['events', 'publish', ...args], env, stdin);
    expect(code).toBe(exitCode);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });
});

describe('a server that is not quite there', () => {
  let answer: { status: number; body: string };
  let other: Server;
  beforeAll(async () => {
    other = createServer((_request, response) => {
      response.writeHead(answer.status).end(answer.body);
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
  });
  afterAll(() => other.close());
  const elsewhere = () => ({
    ...env,
    VAULT_ADDR: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
  });

  it('published a part: the ids are printed, and which failed', async () => {
    answer = {
      status: 503,
      body: '{"errors":["1 of 2 events could not be published"],"data":{"accepted":[0],"failed":[1],"ids":["a","b"]}}',
    };
    expect(
      await run(['events', 'publish', 'x', '--data', '-'], elsewhere(), '{"id":"a"}\n{"id":"b"}'),
    ).toEqual({
      code: 1,
      stdout: 'a\n',
      stderr:
        'failed: b\ncarillon: the server answered 503: 1 of 2 events could not be published\n',
    });
  });

  it.each([[['events', 'types']], [['events', 'publish', 'x']], [['events', 'subscribe', 'x']]])(
    'is told from one that is: %j',
    async (args) => {
      answer = { status: 200, body: '<html>hello</html>' };
      const { code, stderr } = await run(args, elsewhere());
      expect(code).toBe(1);
      expect(stderr).toMatch(/^carillon: .*answered 200.*\n$/);
    },
  );
});

describe('carillon events types', () => {
  it('lists the catalog of the server', async () => {
    const { code, stdout } = await run(['events', 'types'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kv-v2\/data-write +1\.13 +data_path, modified, operation, path$/m);
    expect(stdout.trimEnd().split('\n')).toHaveLength(64);
  });

  it('is no failure when its reader has enough', async () => {
    const { child, finished } = start(['events', 'types'], env);
    child.stdout.destroy();
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
  });
});
