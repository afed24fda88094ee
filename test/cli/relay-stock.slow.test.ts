/** `carillon relay` from a stock Vault, which forgets, redirects, refuses and drops. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCases } from '../support/cases.ts';
import { LastingServer } from '../support/lasting-server.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { CERTIFICATE_FILE, StockServer } from '../support/stock-server.ts';
import { subscribe } from '../support/subscriber.ts';

const scratch = scratchFolder();
const running: Running[] = [];
let server: LocalServer;
let vault: StockServer;

beforeAll(async () => {
  server = await startLocalServer([]);
});
afterAll(() => server.stop());
beforeEach(async () => {
  vault = await StockServer.start();
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ finished }) => finished));
  await vault[Symbol.asyncDispose]();
});

function relay(args: readonly string[] = [], env: Record<string, string> = {}): Running {
  const from = args.includes('--from') ? [] : ['--from', vault.address];
  const started = start(['relay', ...from, ...args], {
    VAULT_ADDR: server.address,
    VAULT_TOKEN: server.token,
    CARILLON_FROM_TOKEN: 'hvs.there',
    HOME: scratch,
    ...env,
  });
  running.push(started);
  return started;
}

interface Frame {
  readonly id: string;
  readonly data: { readonly event: { readonly metadata?: object }; readonly event_type: string };
}

/** A frame of Vault, with an id of its own. */
function frameOf(name: string, id: string, changes: object = {}): string {
  const found = readCases<{ id: string; expect: Frame }>('json').find((each) => each.id === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  const { data, ...attributes } = found.expect;
  const { event, ...received } = data;
  const frame = { ...attributes, id, data: { event: { ...event, id }, ...received, ...changes } };
  return `${JSON.stringify(frame)}\n`;
}

/** The frames of this server of the types that match, up to that of this event. */
async function framesUntil(pattern: string, id: string): Promise<string[]> {
  const query = 'json=true&since=earliest';
  await using subscriber = await subscribe(server, pattern, { query });
  return (await subscriber.framesUntil(`"${id}"`)).map(({ text }) => text);
}

const FORBIDDEN = {
  status: 403,
  body: '{"errors":["2 errors occurred:\\n\\t* permission denied\\n\\t* invalid token\\n\\n"]}\n',
};

describe('a stock server', () => {
  it('is asked as its own client asks it, and its frames are published as they are', async () => {
    const { child, finished } = relay(
      [
        '--pattern=database/*',
        '--from-namespace=/admin/',
        '--from-namespaces= a/* ',
        '--from-namespaces=b/',
        '--filter=operation != x',
      ],
      {},
    );
    await vault.send(frameOf('json-017', 'asked-1'), frameOf('json-017', 'asked-2'));
    const [frame = ''] = await framesUntil('database/*', 'asked-2');
    const { datacontenttype, ...published } = JSON.parse(frame) as Record<string, unknown>;
    const { datacontenttype: sent, ...recorded } = JSON.parse(frameOf('json-017', 'asked-1'));
    expect([published, datacontenttype]).toEqual([recorded, sent]);
    const [{ url, headers } = { url: '', headers: {} }] = vault.handshakes;
    expect(url).toBe(
      '/v1/sys/events/subscribe/database/*?filter=operation+%21%3D+x&json=true&namespaces=a%2F*&namespaces=b',
    );
    expect(headers).toMatchObject({
      'x-vault-token': 'hvs.there',
      'x-vault-namespace': 'admin',
      'x-vault-request': 'true',
      'sec-websocket-protocol': 'carillon.v1.json',
    });
    child.kill('SIGTERM');
    expect(await finished).toEqual({
      code: 0,
      stdout: '',
      stderr: `subscribed to database/* at ${vault.address}, a stock server: events that come while the relay is disconnected are lost\n2 relayed, 0 already known, 0 refused, 0 gaps\n`,
    });
  });

  it('that drops is come back to with the same headers, and what may be missing is told', async () => {
    const { child, finished, stderrMatching } = relay();
    await vault.send(frameOf('json-016', 'dropped-1'));
    await framesUntil('kv-v1/*', 'dropped-1');
    await vault.drop();
    await vault.send(frameOf('json-016', 'dropped-2'));
    await vault.close(1000);
    await vault.send(frameOf('json-016', 'dropped-3'));
    const frames = await framesUntil('kv-v1/*', 'dropped-3');
    expect(frames).toHaveLength(3);
    await stderrMatching(/^the connection broke; trying again in \d\.\d s$/m);
    await stderrMatching(/^the server closed the subscription \(1000\); trying again in/m);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(
      stderr.match(/^away for \d+\.\d s: events from \S+Z to \S+Z may be missing$/gm),
    ).toHaveLength(2);
    expect(stderr).toMatch(/3 relayed, 0 already known, 0 refused, 2 gaps\n$/);
    const [first, ...others] = vault.handshakes.map(({ rawHeaders, url }) => [
      url,
      ...rawHeaders.filter((_text, index) => rawHeaders[index - 1] !== 'Sec-WebSocket-Key'),
    ]);
    expect(others).toEqual([first, first]);
  });

  it('that was left by an earlier relay: its state file says since when', async () => {
    const args = ['--pattern=abc', '--state', join(scratch, 'stock.json')];
    const first = relay(args);
    await vault.send(frameOf('json-010', 'earlier'));
    await framesUntil('abc', 'earlier');
    first.child.kill('SIGINT');
    expect(await first.finished).toMatchObject({ code: 0 });
    const second = relay(args);
    await second.stderrMatching(/^away for \d+\.\d s: events from \S+Z to \S+Z may be missing$/m);
  });

  it('is followed from a standby to the active node, with what the first address was shown', async () => {
    await using standby = await StockServer.start();
    standby.decide = ({ url }) => ({
      status: 307,
      headers: { Location: `${vault.address.replace('http', 'ws')}${url}` },
    });
    relay(['--from', standby.address]);
    await vault.send(frameOf('json-011', 'redirected'));
    await framesUntil('abc', 'redirected');
    expect(vault.handshakes[0]?.headers['x-vault-token']).toBe('hvs.there');
    expect(vault.handshakes[0]?.url).toBe(standby.handshakes[0]?.url);
  });
});

describe('a handshake that is refused', () => {
  it.each([
    [
      'a token',
      FORBIDDEN,
      2,
      /^carillon: --from: the server answered 403: .*invalid token.*CARILLON_FROM_TOKEN/,
    ],
    [
      'no endpoint',
      { status: 404, body: '{"errors":[]}' },
      1,
      /events endpoint not found.*Enterprise/,
    ],
    ['headers', { status: 431 }, 1, /answered 431: .*the headers are too large/],
    [
      'the pattern',
      { status: 400, body: 'Error subscribing' },
      1,
      /answered 400: Error subscribing/,
    ],
    [
      'a redirect elsewhere',
      { status: 302, headers: { Location: 'https://login.test/?next=x' } },
      1,
      /redirects to https:\/\/login\.test, which would be sent the token/,
    ],
    [
      'a strange redirect',
      { status: 307, headers: { Location: 'ftp://x/' } },
      1,
      /redirects to ftp:\/\/x, which would be sent the token/,
    ],
  ])('for %s ends the relay', async (_what, refusal, code, message) => {
    vault.decide = () => refusal;
    const { finished } = relay();
    const ended = await finished;
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(vault.handshakes).toHaveLength(1);
  });

  it('by redirects in a circle ends it after ten', async () => {
    vault.decide = ({ url = '' }) => ({ status: 307, headers: { Location: url } });
    expect(await relay().finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `--from: too many redirects; the last led to ${vault.address.replace('http', 'ws')}/v1/sys/events/`,
      ),
    });
    expect(vault.handshakes).toHaveLength(11);
  });

  it('by what speaks no TLS, or with a certificate of nobody, ends it', async () => {
    await using secure = await StockServer.start({ tls: true });
    for (const [address, code, advice] of [
      [vault.address.replace('http', 'https'), 'EPROTO', 'to begin with "http://"'],
      [secure.address, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ] as const) {
      const ended = await relay(['--from', address]).finished;
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain(
        `--from: cannot reach ${address.replace('http', 'ws')} (${code}); `,
      );
      expect(ended.stderr).toContain(advice);
    }
  });

  it('by a redirect out of TLS ends it: the token is not sent in the clear', async () => {
    await using secure = await StockServer.start({ tls: true });
    const plain = secure.address.replace('https', 'ws');
    secure.decide = ({ url }) => ({ status: 307, headers: { Location: `${plain}${url}` } });
    const { finished } = relay(['--from', secure.address], {
      NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE,
    });
    expect(await finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `redirects to ${secure.address.replace('https', 'http')}, which would be sent the token`,
      ),
    });
    expect(secure.handshakes).toHaveLength(1);
  });

  it('for a while is waited for, as long as the server asks', async () => {
    vault.decide = () =>
      vault.handshakes.length === 1
        ? { status: 503, headers: { 'Retry-After': '3' }, body: '{"errors":["Vault is sealed"]}' }
        : undefined;
    const { stderrMatching } = relay();
    await stderrMatching(/^the server answered 503: Vault is sealed; trying again in 3\.0 s$/m);
    await stderrMatching(/^subscribed to /m);
  });

  it('after it was granted is waited for, and the token is read again', async () => {
    const file = join(scratch, 'token');
    writeFileSync(file, 'hvs.old\n');
    const { stderrMatching } = relay(['--from-token-file', file]);
    await vault.send(frameOf('json-013', 'renewed-1'));
    vault.decide = ({ headers }) =>
      headers['x-vault-token'] === 'hvs.new' ? undefined : FORBIDDEN;
    await vault.close(1000);
    await stderrMatching(/^the server answered 403: .*invalid token; .*; trying again in/m);
    writeFileSync(file, 'hvs.new');
    await vault.send(frameOf('json-013', 'renewed-2'));
    await framesUntil('abc', 'renewed-2');
  });
});

describe('a relay that is told to end', () => {
  it('while it waits for the other side ends at once', async () => {
    vault.decide = () => ({ status: 503, headers: { 'Retry-After': '100' } });
    const { child, finished, stderrMatching } = relay();
    await stderrMatching(/trying again in 100\.0 s/);
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 0 });
  });

  it('while this side is not there ends with 1, and says how many events are lost', async () => {
    await using own = await LastingServer.start();
    const { child, finished, stderrMatching } = relay([], {
      VAULT_ADDR: own.address,
      VAULT_TOKEN: own.token,
    });
    await stderrMatching(/^subscribed to /m);
    await own.kill();
    await vault.send(frameOf('json-009', 'lost-1'), frameOf('json-009', 'lost-2'));
    await stderrMatching(/^publishing: cannot reach /m);
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'carillon: 2 events could not be published any more and are lost\n',
      ),
    });
  });
});
