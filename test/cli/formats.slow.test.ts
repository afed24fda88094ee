/** `--format` of the commands that print. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { StockServer } from '../support/stock-server.ts';
import { hasTerminal, startAtTerminal } from '../support/terminal.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token, HOME: scratch, TZ: 'UTC' };
});
afterAll(() => server.stop());

async function outputOf(args: string[], stdin = ''): Promise<string> {
  const { stdout, stderr, code } = await run(args, env, stdin);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/carillon:/) });
  return stdout;
}

function linesOf(stdout: string): unknown[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('--format', () => {
  it('prints the same answer as JSON with two spaces, as a line of JSON, and as YAML', async () => {
    const answer = { data: { id: server.token, policies: ['root'] } };
    const json = await outputOf(['token', 'lookup', '-format=json']);
    expect(json).toMatch(/^\{\n {2}"request_id": /);
    expect(JSON.parse(json)).toMatchObject(answer);
    expect(linesOf(await outputOf(['token', 'lookup', '--format', 'ndjson']))).toEqual([
      expect.objectContaining({ data: expect.objectContaining(answer.data) }),
    ]);
    expect(parse(await outputOf(['token', 'lookup', '-format', 'yaml']))).toMatchObject(answer);
  });

  it('prints a line for each element of a list in NDJSON', async () => {
    expect(linesOf(await outputOf(['policy', 'list', '--format=ndjson']))).toEqual([
      { key: 'default' },
      { key: 'root' },
    ]);
    const types = linesOf(await outputOf(['events', 'types', '--format=ndjson']));
    expect(types).toContainEqual({
      key: 'kv-v2/data-write',
      plugin: 'kv',
      metadata: ['data_path', 'modified', 'operation', 'path'],
      since: '1.13',
    });
  });

  it('prints the answers to published events', async () => {
    const events = '{"id":"a"}\n{"id":"b"}\n';
    const publish = ['events', 'publish', 'bells', '--data', '-', '--format'];
    expect(linesOf(await outputOf([...publish, 'ndjson'], events))).toEqual([
      { id: 'a', failed: false },
      { id: 'b', failed: false },
    ]);
    expect(JSON.parse(await outputOf([...publish, 'json'], events))).toMatchObject({
      data: { accepted: 0, duplicates: 2, ids: ['a', 'b'] },
    });
    const [document] = parseAllDocuments(await outputOf([...publish, 'yaml'], events));
    expect(document?.toJS()).toMatchObject({ data: { ids: ['a', 'b'] } });
  });

  it('prints what is said of policy files, with 1 if one is wrong', async () => {
    const good = join(scratch, 'good.hcl');
    const broken = join(scratch, 'broken.hcl');
    writeFileSync(good, 'path "a" { capabilities = ["read"] }');
    writeFileSync(broken, 'path "a" {\n  capabilities = 7\n}');
    const { code, stdout, stderr } = await run(['policy', 'check', '-format=ndjson', good, broken]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(linesOf(stdout)).toEqual([
      { file: good, valid: true, rules: 1, warnings: expect.any(Array) },
      {
        file: broken,
        valid: false,
        warnings: [],
        error: expect.stringMatching(/broken\.hcl:2:\d+: /),
      },
    ]);
  });

  it('comes from VAULT_FORMAT too, which the flag overrides', async () => {
    const yaml = { VAULT_FORMAT: 'yaml' };
    expect(await run(['version'], yaml)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^version: \S+\n$/),
    });
    expect(JSON.parse((await run(['version', '--format=json'], yaml)).stdout)).toHaveProperty(
      'version',
    );
  });

  it.each([
    ['pretty', /^\{\n {2}"version": "\S+"\n\}\n$/],
    ['JSON', /^\{\n {2}"version": "\S+"\n\}\n$/],
    ['yml', /^version: \S+\n$/],
  ])('is what Vault means by VAULT_FORMAT=%s', async (format, printed) => {
    expect(await run(['version'], { VAULT_FORMAT: format })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(printed),
    });
  });

  it('says what to do about a VAULT_FORMAT that Carillon does not have', async () => {
    const raw = { ...env, VAULT_FORMAT: 'raw' };
    for (const args of [['version'], ['events', 'subscribe', '*']]) {
      const { code, stdout, stderr } = await run(args, raw);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(
        'VAULT_FORMAT is "raw"; it must be "table", "json", "ndjson" or "yaml"; set it to one of these, or give --format; see',
      );
    }
    expect(await run(['version', '--format=json'], raw)).toMatchObject({ code: 0 });
  });

  it.each([
    [['version', '--format', 'xml'], '--format is "xml"'],
    [['token', 'lookup', '-format=JSON'], '--format is "JSON"'],
  ])('has four values only: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${message}; it must be "table", "json", "ndjson" or "yaml"; see`);
  });
});

describe('carillon events subscribe', () => {
  const EVENT = {
    id: 'e1',
    time: '2026-11-22T17:04:02Z',
    metadata: { path: 'x', operation: '\x1b[2J' },
  };

  async function printedFor(...args: string[]): Promise<string> {
    const subscription = start(['events', 'subscribe', ...args], env);
    await subscription.stderrMatching(/subscribed to/);
    const type = args.at(-1) ?? '';
    await run(['events', 'publish', type, '--data', '-'], env, JSON.stringify(EVENT));
    await subscription.stdoutMatching(/2J.*\n/);
    subscription.child.kill('SIGINT');
    return (await subscription.finished).stdout;
  }

  it.each([
    [[], 'stock'],
    [['--since', 'earliest'], 'since'],
  ])('prints readable lines without colour in a pipe if it is asked to: %j', async (args, type) => {
    expect(await printedFor('--format', 'table', ...args, `lines/${type}`)).toBe(
      `17:04:02  lines/${type}  x  \\u001b[2J\n`,
    );
  });

  it('prints decoded protobuf as a readable line too', async () => {
    expect(await printedFor('--protobuf', '-format=table', 'lines/protobuf')).toMatch(
      /^\d\d:\d\d:\d\d {2}lines\/protobuf {2}x {2}\\u001b\[2J\n$/,
    );
  });

  it('prints a YAML document for each event', async () => {
    const stdout = await printedFor('--format=yaml', 'lines/yaml');
    expect(stdout).toMatch(/^---\n/);
    expect(parse(stdout)).toMatchObject({ id: 'e1', data: { event_type: 'lines/yaml' } });
  });

  it('says that a frame is unreadable if the format needs to read it', async () => {
    await using stock = await StockServer.start();
    const there = { ...env, VAULT_ADDR: stock.address };
    const subscription = start(['events', 'subscribe', '--format', 'table', '*'], there);
    await stock.send('not json');
    const { code, stderr } = await subscription.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('carillon: the server sent a frame that cannot be read: ');
  });

  it.runIf(hasTerminal).each([
    [{}, '  \x1b[36mtty/a\x1b[39m  \x1b[1mx\x1b[22m\r\n'],
    [{ NO_COLOR: '1' }, '  tty/a  x\r\n'],
    [{ TERM: 'dumb' }, '  tty/a  x\r\n'],
    [{ VAULT_FORMAT: 'json' }, '"specversion":"1.0"'],
  ])('prints a readable line at a terminal, where %j', async (variables, expected) => {
    const child = startAtTerminal(['events', 'subscribe', 'tty/a'], {
      ...env,
      TERM: 'xterm-256color',
      FORCE_COLOR: undefined,
      NO_COLOR: undefined,
      ...variables,
    });
    let shown = '';
    const closed = once(child, 'close');
    for await (const text of child.stdout.setEncoding('utf8')) {
      const before = shown;
      shown += text as string;
      if (/subscribed/.test(shown) && !/subscribed/.test(before)) {
        await run(['events', 'publish', 'tty/a', 'path=x'], env);
      }
      // Ctrl-C
      if (shown.includes(expected) && !before.includes(expected)) child.stdin.write('\x03');
    }
    await closed;
    expect(shown).toContain(expected);
  });
});
