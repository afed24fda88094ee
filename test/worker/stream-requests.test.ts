/** What is said of a request for a stream before there is one: the same as of a handshake. */
import { describe, expect, vi } from 'vitest';
import { decodeHandshake, type Handshake } from '../../src/subscription/handshake.ts';
import { digestOf } from '../../src/token/token-form.ts';
import { Hub, WildcardHub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aHolder, Client, errorsOf, granting, LISTENER, root } from './security-support.ts';

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

  it('is refused for what a handshake is refused for', async ({ holder }) => {
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
    const response = await ask(root, '', accept);
    expect(response.status).toBe(426);
    expect(await response.text()).toBe(
      'WebSocket protocol violation: Connection header "" does not contain Upgrade\n' +
        'For a stream of events without a WebSocket, send the header "Accept: text/event-stream" or "Accept: application/x-ndjson".\n' +
        '{"errors":["could not accept as websocket"]}\n',
    );
  }
  expect((await ask(root, '', SSE, { method: 'POST' })).status).toBe(426);
  const handshake = await ask(root, '?json=true', SSE, { headers: { Upgrade: 'websocket' } });
  expect(handshake.status).toBe(101);
});

it.each([SSE, NDJSON])('%s is sent to a client that offers HTTP/2, too', async (accept) => {
  for (const Upgrade of ['h2c', 'h2c, IRC/6.9', '']) {
    const headers = {
      Upgrade,
      Connection: 'Upgrade, HTTP2-Settings',
      'HTTP2-Settings': 'AAMAAABk',
    };
    const response = await ask(root, '', accept, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, accept]);
    await response.body?.cancel();
  }
});

/** Hubs that greet and say goodbye. @returns the handshakes that reach them */
function greetingHubs(headers: Record<string, string> = {}): Handshake[] {
  const handshakes: Handshake[] = [];
  for (const { prototype } of [Hub, WildcardHub]) {
    vi.spyOn(prototype, 'fetch').mockImplementation(async (request: Request) => {
      const handshake = decodeHandshake(request);
      if (handshake.ok) handshakes.push(handshake.value);
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      const cursor = 'cc2.start';
      const hello = { type: 'hello', cursor, resumed: true, credit: 256, ack_timeout_ms: 60_000 };
      server.send(JSON.stringify(hello));
      const goodbye = { type: 'goodbye', reason: 'lifetime', reconnect: true, after_ms: 1 };
      server.send(JSON.stringify(goodbye));
      server.close(1013);
      return new Response(null, { status: 101, webSocket: client, headers });
    });
  }
  return handshakes;
}

describe('a stream', () => {
  it('is a subscription of carillon.v1 in JSON for its hub, and whose it is', async () => {
    const handshakes = greetingHubs();
    const holder = await aHolder(LISTENER);
    for (const client of [root, holder]) {
      const response = await ask(client, '?json=false&filter=a==b&since=x', SSE, {
        headers: { 'Last-Event-ID': 'earliest', 'Sec-WebSocket-Protocol': 'carillon.v1.proto' },
      });
      expect(await response.text()).toMatch(
        /^retry: \d+\nid: cc2\.start\nevent: hello\ndata: \{"resumed":true\}\n\nretry: 1\n\n$/,
      );
    }
    const subscription = {
      pattern: 'abc',
      namespaces: [''],
      filter: 'a==b',
      protocol: 'carillon.v1',
      encoding: 'json',
    };
    expect(handshakes).toMatchObject([
      { subscription, since: { kind: 'earliest' } },
      {
        subscription,
        since: { kind: 'earliest' },
        token: { authority: '', digest: await digestOf(holder.auth.client_token) },
      },
    ]);
    expect(handshakes[0]).not.toHaveProperty('token');
  });

  it('begins after what its client last saw: by the header, by its parameter, else by since', async () => {
    const handshakes = greetingHubs();
    for (const [query, header, since] of [
      ['since=a&lastEventId=b', 'c', 'c'],
      ['since=a&lastEventId=b', ' ', 'b'],
      ['since=a&lastEventID=b', '', 'b'],
      ['since=a&Last-Event-ID=b', '', 'b'],
      ['since=a&last-event-id=b', '', 'b'],
      ['lastEventId=&lasteventid=b', '', 'b'],
      ['since=a&lastEventId=%20', '', 'a'],
    ] as const) {
      const headers = { 'Last-Event-ID': header };
      await (await ask(root, `?${query}`, SSE, { headers })).text();
      expect(handshakes.pop()?.since, query).toEqual({ kind: 'event', id: since });
    }
    const wrong = await ask(root, '?lastEventId=2026-13-01');
    expect(wrong.status).toBe(400);
    expect(await errorsOf(wrong)).toMatch(/^lastEventId is "2026-13-01"/);
  });

  it('of a pattern across hubs is the wildcard hub’s', async () => {
    const handshakes = greetingHubs();
    await (await root.fetch('sys/events/subscribe/a*', { headers: { Accept: NDJSON } })).text();
    expect(handshakes).toMatchObject([{ subscription: { pattern: 'a*' } }]);
  });

  it('may be read by the pages that the operator allows, and its headers', async () => {
    greetingHubs({ 'Last-Event-ID': 'earliest', 'Carillon-Warning': 'a gap' });
    for (const [origin, allowed] of [
      ['https://app.example.com', 'https://app.example.com'],
      ['https://other.example.com', null],
    ] as const) {
      const { data } = await root.writes('sys/events/ticket');
      const response = await ask(new Client(undefined), `?ticket=${data.ticket as string}`, SSE, {
        headers: { Origin: origin },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(allowed);
      expect(response.headers.get('Carillon-Cursor')).toBe('cc2.start');
      expect(response.headers.get('Last-Event-ID')).toBe('earliest');
      expect(response.headers.get('Carillon-Warning')).toBe('a gap');
      if (allowed !== null) {
        expect(response.headers.get('Access-Control-Expose-Headers')).toBe(
          'Retry-After,Carillon-Cursor,Carillon-Warning,Last-Event-ID',
        );
      }
      await response.text();
    }
  });

  it('is refused where the hub refuses', async () => {
    for (const [status, expected] of [
      [403, 403],
      [503, 503],
    ] as const) {
      vi.spyOn(Hub.prototype, 'fetch').mockImplementationOnce(
        async () => new Response('no', { status }),
      );
      expect((await ask(root)).status).toBe(expected);
    }
  });
});
