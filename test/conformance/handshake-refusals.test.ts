import { describe, expect, it } from 'vitest';
import { HANDSHAKE, type Header, handshake, rawRequest, TOKEN } from './support/raw-request.ts';
import { type Answer, expectErrors, freshName, host } from './support/target.ts';

const PATH = '/v1/sys/events/subscribe/abc';
const NO_TOKEN = { 'X-Vault-Token': null };
const BAD_TOKEN = { 'X-Vault-Token': 'hvs.bogus' };
const NO_HANDSHAKE = Object.fromEntries(Object.keys(HANDSHAKE).map((name) => [name, null]));

const PERMISSION_DENIED = ['permission denied'];
const INVALID_TOKEN = ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'];

describe('a subscriber without a valid token', () => {
  it('is told that permission is denied where it sends none', async () => {
    expectErrors(await handshake(PATH, NO_TOKEN), 403, PERMISSION_DENIED);
  });

  it('is told that the token is invalid where it sends a wrong one', async () => {
    expectErrors(await handshake(PATH, BAD_TOKEN), 403, INVALID_TOKEN);
  });

  it('is told so of a wrong bearer token too', async () => {
    const headers = { ...NO_TOKEN, Authorization: 'Bearer hvs.bogus' };
    expectErrors(await handshake(PATH, headers), 403, INVALID_TOKEN);
  });
});

describe('a request that is no WebSocket handshake', () => {
  it('gets 426 where it has neither Connection nor Upgrade', async () => {
    expectViolation(
      await rawRequest({ path: PATH, headers: [TOKEN] }),
      426,
      'WebSocket protocol violation: Connection header "" does not contain Upgrade',
    );
  });

  it.each([
    ['h2c, websocket', 'has more than websocket; send one Upgrade header with this word alone'],
    [
      'websocket, websocket',
      'has more than websocket; send one Upgrade header with this word alone',
    ],
    ['websocket/1', 'does not contain websocket'],
    ['websockets, h2c', 'does not contain websocket'],
  ])('gets 426 where it would upgrade to %s', async (upgrade, why) => {
    expectViolation(
      await handshake(PATH, { Upgrade: upgrade }),
      426,
      `WebSocket protocol violation: Upgrade header "${upgrade}" ${why}`,
    );
  });

  it.each([
    ['Origin', [`http://${host}`, `http://${host}`], 403],
    ['Origin', [`http://${host}`, 'https://evil.example'], 403],
    ['Sec-WebSocket-Version', ['13', '13'], 400],
  ] as const)(
    'is refused where it repeats %s, which is no list: %j',
    async (name, values, status) => {
      const headers: Header[] = [TOKEN, ...Object.entries(HANDSHAKE)];
      const others = headers.filter(([each]) => each !== name);
      const answer = await rawRequest({
        path: PATH,
        headers: [...others, ...values.map((value) => [name, value] as const)],
      });
      expect(answer.status).toBe(status);
    },
  );

  it('gets 426 where its Connection header does not name Upgrade', async () => {
    expectViolation(
      await handshake(PATH, { Connection: 'keep-alive' }),
      426,
      'WebSocket protocol violation: Connection header "keep-alive" does not contain Upgrade',
    );
  });

  it('gets 426 where it upgrades to another protocol', async () => {
    expectViolation(
      await handshake(PATH, { Upgrade: 'h2c' }),
      426,
      'WebSocket protocol violation: Upgrade header "h2c" does not contain websocket',
    );
  });

  it('gets 405 where its method is not GET', async () => {
    expectViolation(
      await handshake(PATH, {}, 'POST'),
      405,
      'WebSocket protocol violation: handshake request method is not GET but "POST"',
    );
  });

  it('is told which version of the protocol is spoken', async () => {
    const answer = await handshake(PATH, { 'Sec-WebSocket-Version': '12' });
    // 400 of Vault's library, 426 of RFC 6455 where the runtime answers by itself.
    expect([400, 426]).toContain(answer.status);
    expect(answer.headers.get('sec-websocket-version')).toBe('13');
  });

  it('gets 400 where it has no key', async () => {
    const answer = await handshake(PATH, { 'Sec-WebSocket-Key': null });
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringMatching(/missing Sec-WebSocket-Key/i),
    });
  });

  it('gets 400 where its key is not that of 16 bytes', async () => {
    expectViolation(
      await handshake(PATH, { 'Sec-WebSocket-Key': 'c2hvcnQ=' }),
      400,
      'WebSocket protocol violation: ',
    );
  });

  it('gets 400 where it has two keys', async () => {
    const headers = [TOKEN, ...Object.entries(HANDSHAKE)];
    headers.push(['Sec-WebSocket-Key', 'YW5vdGhlciBrZXkgZW50aQ==']);
    expectViolation(
      await rawRequest({ path: PATH, headers }),
      400,
      'WebSocket protocol violation: ',
    );
  });
});

describe('a page in a browser', () => {
  it.each([
    ['another host', 'https://evil.example'],
    ['another port of the host', `http://${host.replace(/:\d+$/, '')}:1`],
    ['a host that begins like it', `http://${host}.evil.example`],
    ['no host', 'null'],
  ])('may not subscribe from %s', async (_, origin) => {
    expectViolation(
      await handshake(PATH, { Origin: origin }),
      403,
      `request Origin "${origin}" is not authorized for Host "${host}"`,
    );
  });

  it.each(['http', 'https'])('may subscribe from the host itself over %s', async (scheme) => {
    const answer = await handshake(PATH, { Origin: `${scheme}://${host.toUpperCase()}` });
    expect(answer).toMatchObject({ status: 101 });
  });
});

describe('of several things that are wrong', () => {
  const EMPTY_TYPE = '/v1/sys/events/subscribe/?json=bad';
  it('the token comes before the event type', async () => {
    expectErrors(await handshake(EMPTY_TYPE, NO_TOKEN), 403, PERMISSION_DENIED);
  });

  it('the event type comes before the parameters', async () => {
    expectErrors(await handshake(EMPTY_TYPE), 400, ['did not specify eventType to subscribe to']);
  });

  it('the parameters come before the handshake', async () => {
    const answer = await handshake(`${PATH}?json=bad`, NO_HANDSHAKE);
    expectErrors(answer, 400, ['invalid parameter for JSON: bad']);
  });

  it('the handshake comes before the Origin', async () => {
    const answer = await handshake(PATH, { ...NO_HANDSHAKE, Origin: 'https://evil.example' });
    expect(answer.status).toBe(426);
  });
});

describe('a namespace that does not exist', () => {
  it('has no subscriptions by its path', async () => {
    const name = freshName();
    expectErrors(await handshake(`/v1/${name}/sys/events/subscribe/abc`), 404, [
      `no handler for route "${name}/sys/events/subscribe/abc". route entry not found.`,
    ]);
  });

  it('has none by the namespace header', async () => {
    const name = freshName();
    expectErrors(await handshake(PATH, { 'X-Vault-Namespace': `${name}/` }), 404, [
      `no handler for route "${name}/sys/events/subscribe/abc". route entry not found.`,
    ]);
  });
});

/** Holds an answer to what Vault's WebSocket library writes, and Vault after it. */
function expectViolation(answer: Answer, status: number, text: string): void {
  expect(answer).toMatchObject({ status, body: expect.stringContaining(text) });
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain\b/);
  expect(answer.body).toMatch(/\n\{"errors":\["could not accept as websocket"\]\}\n$/);
  expect(answer.body.indexOf(text)).toBe(0);
}
