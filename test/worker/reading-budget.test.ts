/** What those who come back may make a hub read. */
import { afterEach, expect, vi } from 'vitest';
import { Journal } from '../../src/hub/journal/journal.ts';
import { REPLAY_BUDGET_BYTES } from '../../src/hub/limits.ts';
import { SUBPROTOCOLS } from '../../src/wire/carillon-v1/messages.ts';
import { MAX_UNACKED_BYTES } from '../../src/wire/limits.ts';
import { it } from './fixtures.ts';
import { handshake, publish, Subscriber } from './support.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const NEVER = encodeURIComponent('operation == never');

it.each(['stock', 'carillon.v1'])(
  'what subscribers of %s read is counted, and too much is refused',
  async (protocol) => {
    const note = 'n'.repeat(29_000);
    for (let i = 0; i < 30; i++) {
      expect(
        (
          await publish(
            'deploy/x',
            Array.from({ length: 33 }, () => ({ note })),
          )
        ).status,
      ).toBe(200);
    }
    // What was counted does not drain.
    vi.useFakeTimers({ toFake: ['Date'] });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const headers = protocol === 'stock' ? {} : { 'Sec-WebSocket-Protocol': SUBPROTOCOLS.json };
      const { status, webSocket } = await handshake(
        'deploy/*',
        `json=true&since=earliest&filter=${NEVER}`,
        headers,
      );
      webSocket?.accept();
      statuses.push(status);
      await scheduler.wait(100);
    }
    expect(statuses).toContain(503);
  },
);

it('a search for an id that reads much is counted, and too much is refused', async () => {
  await publish('deploy/x');
  vi.useFakeTimers({ toFake: ['Date'] });
  const found = () => handshake('deploy/*', 'json=true&since=unknown').then(({ status }) => status);
  expect([await found(), await found(), await found()]).toEqual([101, 101, 101]);
  vi.spyOn(Journal.prototype, 'bytesToSearch', 'get').mockReturnValue(REPLAY_BUDGET_BYTES / 4);
  expect([await found(), await found(), await found()]).toEqual([101, 101, 503]);
});

it('no more than a mebibyte is under way, of whatever characters', async () => {
  const { webSocket } = await handshake('deploy/*', '', {
    'Sec-WebSocket-Protocol': SUBPROTOCOLS.json,
  });
  const reader = new Subscriber(webSocket as WebSocket);
  const note = '鐘'.repeat(9_500);
  for (let i = 0; i < 4; i++) {
    expect(
      (
        await publish(
          'deploy/x',
          Array.from({ length: 25 }, () => ({ note })),
        )
      ).status,
    ).toBe(200);
  }
  await scheduler.wait(500);
  let bytes = 0;
  while (reader.waiting > 0)
    bytes += new TextEncoder().encode((await reader.next()) as string).length;
  expect(bytes).toBeLessThan(1.1 * MAX_UNACKED_BYTES);
});
