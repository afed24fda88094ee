/** A connection of the relay to a server that vanishes, or does not speak as it said it would. */
import { afterEach, expect, it, vi } from 'vitest';
import { connectToOrigin } from '../../src/cli/relay/origin-connection.ts';
import { openSocket } from '../../src/cli/server/subscription-socket.ts';
import { PING_INTERVAL_MS } from '../../src/client/bounds.ts';
import { describeEnd } from '../../src/client/end.ts';
import { StockServer, type Traits } from '../support/stock-server.ts';

const CARILLON = { subprotocol: 'carillon.v1.json' };
const HELLO =
  '{"type":"hello","cursor":"cc2.a","resumed":true,"credit":256,"ack_timeout_ms":60000}';

afterEach(() => {
  vi.useRealTimers();
});

/** What is heard of a server that sends these frames, and what its end is. */
async function heard(traits: Traits, frames: readonly string[], meanwhile = async () => {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  await using server = await StockServer.start(traits);
  const opened = await openSocket(new URL(server.address), {}, { offer: 'carillon.v1.json' });
  if (!opened.ok) throw new Error(opened.failure.message);
  const told: unknown[] = [];
  const connection = connectToOrigin(opened.value, {
    greeted: () => undefined,
    event: ({ id }, cursor) => told.push([id, cursor]),
    position: (cursor) => told.push(cursor),
    gap: (reason, cursor) => told.push([reason, cursor]),
  });
  await server.send(...frames);
  await meanwhile();
  return { told, ...describeEnd(await connection.ended) };
}

it('a server that answers no pings is left', async () => {
  const silence = async () => {
    // Two waits, each of which is random.
    vi.advanceTimersByTime(2.5 * PING_INTERVAL_MS);
  };
  expect(await heard({ answersPings: false }, [], silence)).toEqual({
    told: [],
    reason: 'the server does not answer any more',
    waitMs: 0,
  });
});

it('a server that has chosen carillon.v1 and says nothing is left', async () => {
  const silence = async () => {
    vi.advanceTimersByTime(10_000);
  };
  expect((await heard(CARILLON, [], silence)).reason).toBe('the server does not begin to speak');
});

it('what carillon.v1 says is heard, and the end that it says', async () => {
  const event = { id: 'e', source: 's', data: { event: { id: 'e' }, event_type: 'a' } };
  const events = [{ cursor: 'cc2.b', event }];
  const frames = [
    HELLO,
    JSON.stringify({ type: 'events', events }),
    '{"type":"gap","reason":"feed_lost","cursor":"cc2.c"}',
    '{"type":"goodbye","reason":"lifetime","reconnect":true,"after_ms":250}',
  ];
  expect(await heard(CARILLON, frames)).toEqual({
    told: ['cc2.a', ['e', 'cc2.b'], ['feed_lost', 'cc2.c']],
    reason: 'the server ended the subscription (lifetime)',
    waitMs: 250,
  });
});

it('a gap at the beginning is heard', async () => {
  const hello = HELLO.replace('true', 'false').replace('}', ',"gap":{"reason":"forgotten"}}');
  const { told } = await heard(CARILLON, [hello, '{"type":"goodbye"}']);
  expect(told).toEqual([['forgotten', 'cc2.a']]);
});

it.each(['', 'no JSON', '{"type":"events"}', '{"type":"other"}'])(
  'what is not of carillon.v1, as %j, ends it',
  async (frame) => {
    const { told, reason } = await heard(CARILLON, [HELLO, frame]);
    expect(told).toEqual(['cc2.a']);
    expect(reason).toMatch(/^the server sent what is not of carillon\.v1: /);
  },
);
