/** `carillon events ticket`: the right to one subscription, in a URL. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';

let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
});
afterAll(() => server.stop());

interface Issued {
  readonly ticket: string;
  readonly ttl: number;
  readonly expires_at: string;
  readonly websocket_url: string;
  readonly stream_url: string;
}

async function ticket(args: readonly string[], more: Record<string, string> = {}): Promise<Issued> {
  const { code, stdout, stderr } = await run(['events', 'ticket', '--format=json', ...args], {
    ...env,
    ...more,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Issued;
}

describe('a ticket', () => {
  it('opens the WebSocket of its URL once, and receives events', async () => {
    const { websocket_url, ttl } = await ticket(['kv-v2/*']);
    expect(ttl).toBe(60);
    expect(websocket_url).toContain('/v1/sys/events/subscribe/kv-v2/*?json=true&ticket=ctt.');
    const socket = new WebSocket(websocket_url);
    await once(socket, 'open');
    const message = once(socket, 'message');
    await run(['events', 'trigger', 'kv-v2/delete'], env);
    const [frame] = await message;
    expect(JSON.parse(String(frame))).toMatchObject({
      data: { event_type: 'kv-v2/delete' },
    });
    socket.close();

    const again = new WebSocket(websocket_url);
    const [error] = (await once(again, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('opens the stream of its other URL', async () => {
    const { stream_url } = await ticket([]);
    const response = await fetch(`${stream_url}&wait=1s`, {
      headers: { Accept: 'application/x-ndjson' },
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it('is printed as a table, too', async () => {
    const { stdout } = await run(['events', 'ticket', 'a b'], env);
    expect(stdout).toMatch(/^ticket +ctt\.\S+\nttl +1m\nexpires_at +\S+Z\n/m);
    expect(stdout).toMatch(/^websocket_url +ws:\/\/\S+\/subscribe\/a%20b\?json=true&ticket=ctt\./m);
  });

  it('is for a namespace below that of its token', async () => {
    await run(['namespace', 'create', 'team-a'], env);
    await run(
      ['policy', 'write', 'reader', '-'],
      env,
      'path "team-a/sys/events/subscribe/*" { capabilities = ["read"] }',
    );
    const created = await run(['token', 'create', '--policy=reader', '--format=json'], env);
    const { auth } = JSON.parse(created.stdout) as { auth: { client_token: string } };
    const own = { VAULT_TOKEN: auth.client_token };
    const { stream_url } = await ticket(['--namespace', '/team-a/'], own);
    expect(stream_url).toContain('/v1/team-a/sys/events/subscribe/*?ticket=');
    const response = await fetch(`${stream_url}&wait=1s`, {
      headers: { Accept: 'application/x-ndjson' },
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });
});

it.each([
  [['a/../b'], {}, 2, 'has a "." or ".." segment'],
  [['a', 'b'], {}, 2, 'there are too many arguments'],
  [[''], {}, 2, '<pattern> is empty'],
  [[], { VAULT_TOKEN: 'wrong' }, 1, 'the server answered 403: 2 errors occurred'],
  [['--namespace', 'none'], {}, 1, 'there is no namespace "none"'],
])('%j with %o is refused', async (args, more, code, message) => {
  const finished = await run(['events', 'ticket', ...args], { ...env, ...more });
  expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
});
