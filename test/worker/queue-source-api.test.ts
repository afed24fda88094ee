/** A source of a queue as an operator writes and reads it, and a queue of the platform that sends to it. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, vi } from 'vitest';
import { it } from './fixtures.ts';
import { Client, errorsOf, hubOf, root } from './security-support.ts';
import { journalOf } from './support.ts';

const SOURCE = 'sys/events/sources/orders';

beforeEach(() => {
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined);
  }
});

describe('a source of kind queue', () => {
  it('has no secrets and no address', async () => {
    await root.writes(SOURCE, { kind: 'queue' });
    const { data } = await root.reads(SOURCE);
    expect(data).toEqual({
      kind: 'queue',
      event_type: '',
      namespace: '',
      mapping: {},
      tolerance: 300,
      secrets: [],
    });
    const refused = await root.post(SOURCE, { kind: 'queue', secrets: ['a-secret'] });
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('whoever may send to its queue is its sender');
  });

  it.each(['POST', 'GET', 'HEAD'])('receives nothing over HTTP: %s', async (method) => {
    await root.writes(SOURCE, { kind: 'queue' });
    const response = await new Client(undefined).fetch('sys/events/in/orders', {
      method,
      ...(method === 'POST' && { body: '{}' }),
    });
    expect(response.status).toBe(404);
    if (method !== 'HEAD')
      expect(await errorsOf(response)).toContain('its events come from the queue');
    expect(await journalOf(hubOf('orders/x'))).toEqual([]);
  });

  it('shows what a message would become', async () => {
    await root.writes(SOURCE, { kind: 'queue' });
    const { data } = await root.writes(`${SOURCE}/test`, { body: { type: 'paid' } });
    expect(data).toMatchObject({ events: [{ data: { event_type: 'orders/paid' } }] });
    expect(await journalOf(hubOf('orders/x'))).toEqual([]);
  });
});

describe('a real queue', () => {
  it('delivers to a subscriber what is sent to it', async () => {
    await root.writes('sys/events/sources/queue-of-tests', { kind: 'queue' });
    const subscriber = await root.subscribe('queue-of-tests/*');
    const { SOURCE_QUEUE } = env as unknown as { SOURCE_QUEUE: Queue };
    await SOURCE_QUEUE.sendBatch([
      { body: { type: 'first' } },
      { body: '{"type":"second"}', contentType: 'text' },
      { body: new TextEncoder().encode('{"type":"third"}'), contentType: 'bytes' },
    ]);
    const types: string[] = [];
    while (types.length < 3) {
      const frame = JSON.parse((await subscriber.next()) as string) as {
        data: { event_type: string };
      };
      types.push(frame.data.event_type);
    }
    expect(types.sort()).toEqual(
      ['first', 'second', 'third'].map((each) => `queue-of-tests/${each}`),
    );
    subscriber.socket.close(1000);
    await subscriber.closed;
  });
});
