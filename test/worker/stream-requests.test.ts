/** What is said of a request for a stream before there is one: the same as of a handshake. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  aHolder,
  Client,
  errorsOf,
  granting,
  LISTENER,
  root,
  startAnew,
} from './security-support.ts';

vi.setConfig({ testTimeout: 10_000 });
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(startAnew);

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';

function ask(client: Client, query = '', accept = SSE, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Accept', accept);
  return client.fetch(`sys/events/subscribe/abc${query}`, { ...init, headers });
}

describe.each([SSE, NDJSON])('a request for %s', (accept) => {
  it('is refused without a token, a good one, or the right to subscribe, in JSON', async () => {
    const other = await aHolder(granting({ 'secret/*': 'list subscribe' }));
    for (const [client, text] of [
      [new Client(undefined), 'permission denied'],
      [new Client('x'), '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'],
      [other, '1 error occurred:\n\t* permission denied\n\n'],
    ] as const) {
      const response = await ask(client, '', accept);
      expect([response.status, await errorsOf(response)]).toEqual([403, text]);
    }
    expect((await ask(root.in('no-such-team'), '', accept)).status).toBe(404);
  });

  it('is refused for what a handshake is refused for', async () => {
    const holder = await aHolder(LISTENER);
    for (const query of ['?json=maybe', '?filter=(', '?namespaces=../x', '?since=2026-13-01']) {
      expect((await ask(holder, query, accept)).status, query).toBe(400);
    }
  });

  it('uses up its ticket, whatever comes of it', async () => {
    const { data } = await root.writes('sys/events/ticket');
    const nobody = new Client(undefined);
    const query = `?ticket=${data.ticket as string}`;
    expect((await ask(nobody, `${query}&filter=(`, accept)).status).toBe(400);
    expect((await ask(nobody, query, accept)).status).toBe(403);
  });
});

it.each(['?limit=0', '?limit=x', '?wait=0', '?wait=31m', '?wait=x'])(
  'lines of JSON are refused with %s',
  async (query) => {
    const response = await ask(root, query, NDJSON);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatch(/^(limit|wait) must be/);
  },
);

it('what accepts no stream by name is taken for a handshake, and so is what is no GET', async () => {
  for (const accept of ['*/*', 'application/json', 'text/html, */*;q=0.8']) {
    expect((await ask(root, '', accept)).status).toBe(426);
  }
  expect((await ask(root, '', SSE, { method: 'POST' })).status).toBe(426);
  const handshake = await ask(root, '?json=true', SSE, { headers: { Upgrade: 'websocket' } });
  expect(handshake.status).toBe(101);
});
