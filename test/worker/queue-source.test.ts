/** Messages of queues that become events: which are acknowledged, and which are delivered again. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, vi } from 'vitest';
import { FIRST_QUEUE_RETRY_SECONDS, MAX_QUEUE_RETRY_SECONDS } from '../../src/http/limits.ts';
import { MAX_DELIVERY_BYTES } from '../../src/ingest/limits.ts';
import worker, { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aName, type Client, hubOf, keyOf, root } from './security-support.ts';
import { breakTable, journalOf, repair } from './support.ts';

const SOURCES = 'sys/events/sources';
const QUEUE = 'orders-queue';
const SENT_AT = new Date('2026-05-01T02:48:57.132Z');

let lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines = [];
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => {
      const members = JSON.parse(line) as Record<string, unknown>;
      if (members.queue !== undefined) lines.push(members);
    });
  }
});

interface Sent {
  readonly id?: string;
  readonly body: unknown;
  readonly attempts?: number;
}

interface Given {
  readonly queue?: string;
  readonly sources?: string;
  readonly log?: string;
}

/** Delivers messages to the Worker as Cloudflare does, and returns what it decided about each. */
async function deliver(messages: readonly Sent[], given: Given = {}) {
  const { queue = QUEUE, sources = `{"${QUEUE}": "orders"}`, log = 'off' } = given;
  const batch = createMessageBatch(
    queue,
    messages.map(({ id = aName('message'), body, attempts = 1 }) => ({
      id,
      timestamp: SENT_AT,
      attempts,
      body,
    })),
  );
  const delays = new Map<string, number | undefined>();
  for (const message of batch.messages) {
    // The result does not have the delays.
    const retry = message.retry.bind(message);
    vi.spyOn(message, 'retry').mockImplementation((options) => {
      delays.set(message.id, options?.delaySeconds);
      retry(options);
    });
  }
  const context = createExecutionContext();
  await worker.queue(batch, { ...env, QUEUE_SOURCES: sources, REQUEST_LOG: log }, context);
  const { outcome, explicitAcks, retryMessages } = await getQueueResult(batch, context);
  expect(outcome).toBe('ok');
  const retried = retryMessages.map(({ msgId }) => ({ msgId, delaySeconds: delays.get(msgId) }));
  return { acknowledged: explicitAcks, retried };
}

/** A source of the name `orders`, which no other test of this process has. */
async function makeSource(settings: object = {}, client: Client = root): Promise<void> {
  await client.writes(`${SOURCES}/orders`, { kind: 'queue', ...settings });
}

interface Frame {
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly data: {
    readonly event_type: string;
    readonly event: { readonly metadata?: Readonly<Record<string, unknown>> };
  };
}

async function events(key = ''): Promise<Frame[]> {
  return (await journalOf(hubOf('orders/x', key))) as Frame[];
}

describe('a message', () => {
  it('is acknowledged when it is an event, which has the id and the time of the message', async () => {
    await makeSource();
    const { acknowledged, retried } = await deliver([
      { id: 'm-1', body: { type: 'created', total: 5 } },
    ]);
    expect({ acknowledged, retried }).toEqual({ acknowledged: ['m-1'], retried: [] });
    expect(await events()).toMatchObject([
      {
        id: 'm-1',
        source: 'vault://carillon/sys/events/sources/orders',
        time: '2026-05-01T02:48:57.132Z',
        data: {
          event_type: 'orders/created',
          event: { metadata: { path: 'orders/created', body: { type: 'created', total: 5 } } },
        },
      },
    ]);
  });

  it('is a duplicate if it is delivered again, and acknowledged', async () => {
    await makeSource();
    await deliver([{ id: 'm-1', body: { n: 1 } }]);
    const again = await deliver([{ id: 'm-1', body: { n: 1 }, attempts: 2 }]);
    expect(again).toEqual({ acknowledged: ['m-1'], retried: [] });
    expect(await events()).toHaveLength(1);
  });

  it('is as many events as it has CloudEvents, which keep their ids and sources', async () => {
    await makeSource();
    const cloudEvent = (id: string) => ({
      specversion: '1.0',
      id,
      source: 'https://shop.example.com',
      type: 'paid',
      subject: `order-${id}`,
    });
    await deliver([
      { id: 'one', body: cloudEvent('a') },
      { id: 'batch', body: [cloudEvent('b'), cloudEvent('c')] },
      // Two messages with one CloudEvent.
      { id: 'repeated', body: cloudEvent('a') },
    ]);
    expect(await events()).toMatchObject(
      ['a', 'b', 'c'].map((id) => ({
        id,
        source: 'https://shop.example.com',
        data: { event_type: 'orders/paid', event: { metadata: { path: `orders/order-${id}` } } },
      })),
    );
  });

  it.each([
    ['by its own rules', {}],
    ['by those of its source', { mapping: { path: 'orders/{/id}', metadata: { id: '/id' } } }],
  ])('is an event %s that keeps how many destinations it has passed', async (_how, settings) => {
    await makeSource(settings);
    const message = (id: string, hops: string) => ({
      id,
      body: {
        specversion: '1.0',
        id,
        source: 'vault://elsewhere',
        type: 'paid',
        data: { event_type: 'paid', event: { id, metadata: { carillon_hops: hops } } },
      },
    });
    const { acknowledged, retried } = await deliver([message('four', '4'), message('five', '5')]);
    expect({ acknowledged, retried }).toEqual({
      acknowledged: ['four'],
      retried: [{ msgId: 'five' }],
    });
    expect(await events()).toMatchObject([
      { data: { event: { metadata: { carillon_hops: '4' } } } },
    ]);
    expect(lines).toMatchObject([{ refused: expect.stringContaining('send events in a circle') }]);
  });

  it('follows the rules of the source', async () => {
    await makeSource({
      event_type: 'shop/{/kind}',
      mapping: { path: 'shop/{/customer/id}', id: '{/number}', metadata: { total: '/total' } },
    });
    await deliver([{ body: { kind: 'paid', number: 7, customer: { id: 'c-3' }, total: 12.5 } }]);
    expect(await journalOf(hubOf('shop/x'))).toMatchObject([
      {
        id: '7',
        data: {
          event_type: 'shop/paid',
          event: { metadata: { path: 'shop/c-3', total: 12.5 } },
        },
      },
    ]);
  });

  it.each([
    ['text that is JSON', '{"type":"created"}', { type: 'created' }, 'orders/created'],
    ['other text', 'hello', 'hello', 'orders/event'],
    [
      'bytes',
      new TextEncoder().encode('{"type":"created"}'),
      { type: 'created' },
      'orders/created',
    ],
    ['a buffer', new TextEncoder().encode('hello').buffer, 'hello', 'orders/event'],
    ['a value of content type v8', { at: SENT_AT }, { at: SENT_AT.toISOString() }, 'orders/event'],
    ['a number', 5, 5, 'orders/event'],
    ['a list', [1, 2], [1, 2], 'orders/event'],
  ])('may be %s', async (_what, sent, body, type) => {
    await makeSource();
    expect((await deliver([{ id: 'm', body: sent }])).acknowledged).toEqual(['m']);
    expect(await events()).toMatchObject([
      { data: { event_type: type, event: { metadata: { body } } } },
    ]);
  });

  it('of a source in a Vault namespace makes events there', async ({ team }) => {
    await makeSource({}, root.in(team));
    await deliver([{ id: 'm', body: {} }], {
      sources: JSON.stringify({ [QUEUE]: `${team}/orders` }),
    });
    expect(await events(await keyOf(team))).toMatchObject([{ id: 'm' }]);
    expect(await events()).toEqual([]);
  });
});

describe('a message that cannot be an event', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;

  it.each([
    ['is not UTF-8', new Uint8Array([0xff, 0xfe]), 'UTF-8'],
    ['contains itself', cyclic, 'cannot be written as JSON'],
    ['has a BigInt', { n: 5n }, 'cannot be written as JSON'],
    ['is undefined', undefined, 'cannot be written as JSON'],
    ['is too long', 'x'.repeat(MAX_DELIVERY_BYTES), `at most ${MAX_DELIVERY_BYTES} are allowed`],
    ['is too long for an event', 'x'.repeat(40_000), 'that every client can read'],
  ])(
    'is delivered again as the queue is configured, and the log says why: it %s',
    async (_what, body, why) => {
      await makeSource();
      const { acknowledged, retried } = await deliver([
        { id: 'before', body: {} },
        { id: 'bad', body, attempts: 3 },
        { id: 'after', body: {} },
      ]);
      expect(acknowledged).toEqual(['before', 'after']);
      expect(retried).toEqual([{ msgId: 'bad' }]);
      expect((await events()).map(({ id }) => id)).toEqual(['before', 'after']);
      expect(lines).toEqual([
        {
          queue: QUEUE,
          source: 'orders',
          refused: expect.stringContaining(why),
          id: 'bad',
          attempts: 3,
        },
      ]);
    },
  );

  it('shares a line with others of its batch that are refused for the same reason', async () => {
    await makeSource({ event_type: 'orders/{/kind}' });
    const { retried } = await deliver([1, 2, 3].map((n) => ({ id: `m-${n}`, body: { n } })));
    expect(retried).toEqual(['m-1', 'm-2', 'm-3'].map((msgId) => ({ msgId })));
    expect(lines).toMatchObject([
      { id: 'm-1', more: 2, refused: expect.stringContaining('/kind') },
    ]);
  });
});

describe('a queue', () => {
  it.each([
    [
      'that is not in QUEUE_SOURCES',
      { sources: '' },
      'QUEUE_SOURCES names no source for the queue',
    ],
    [
      'whose source does not exist',
      { sources: `{"${QUEUE}": "nothing"}` },
      'there is no source "nothing"',
    ],
    [
      'whose source is of another kind',
      { sources: `{"${QUEUE}": "webhook"}` },
      'is of kind "token"',
    ],
    [
      'whose Vault namespace does not exist',
      { sources: `{"${QUEUE}": "nobody/orders"}` },
      'namespace "nobody" does not exist',
    ],
    [
      'while QUEUE_SOURCES is no JSON',
      { sources: 'orders' },
      'the variable QUEUE_SOURCES is "orders"',
    ],
  ])('%s gets all of its messages again, and one line says why', async (_what, given, why) => {
    await root.writes(`${SOURCES}/webhook`, { kind: 'token', secrets: ['a-secret-of-it'] });
    const { acknowledged, retried } = await deliver(
      [
        { id: 'a', body: {} },
        { id: 'b', body: {} },
      ],
      given,
    );
    expect(acknowledged).toEqual([]);
    expect(retried).toEqual([{ msgId: 'a' }, { msgId: 'b' }]);
    expect(lines).toEqual([
      expect.objectContaining({ queue: QUEUE, refused: expect.stringContaining(why), more: 1 }),
    ]);
  });

  it('gets its messages again if the namespace below that its source names does not exist', async () => {
    await makeSource({ namespace: 'nobody' });
    expect((await deliver([{ id: 'a', body: {} }])).retried).toEqual([{ msgId: 'a' }]);
    expect(lines).toMatchObject([{ refused: 'namespace "nobody/" does not exist' }]);
  });
});

describe('what may succeed later', () => {
  it('is delivered again after a while, longer each time, and is one event in the end', async () => {
    await makeSource();
    await deliver([{ id: 'one', body: {} }]);
    await breakTable(hubOf('orders/x'), 'segments');
    for (const [attempts, delaySeconds] of [
      [1, FIRST_QUEUE_RETRY_SECONDS],
      [2, 2 * FIRST_QUEUE_RETRY_SECONDS],
      [99, MAX_QUEUE_RETRY_SECONDS],
    ] as const) {
      const { retried } = await deliver([{ id: 'm', body: {}, attempts }]);
      expect(retried).toEqual([{ msgId: 'm', delaySeconds }]);
    }
    await repair(hubOf('orders/x'));
    expect((await deliver([{ id: 'm', body: {}, attempts: 4 }])).acknowledged).toEqual(['m']);
    expect((await events()).map(({ id }) => id)).toEqual(['one', 'm']);
  });

  it.each([
    ['overloaded', 'more is published than its hub can send'],
    ['too_many_hubs', 'there are as many event-type namespaces as are allowed'],
  ] as const)('is not acknowledged where a hub is %s', async (refusal, why) => {
    await makeSource();
    vi.spyOn(Hub.prototype, 'publishAll').mockResolvedValue([{ refused: refusal }]);
    const { acknowledged, retried } = await deliver([{ id: 'm', body: {} }]);
    expect(acknowledged).toEqual([]);
    expect(retried).toEqual([{ msgId: 'm', delaySeconds: FIRST_QUEUE_RETRY_SECONDS }]);
    expect(lines).toMatchObject([{ queue: QUEUE, id: 'm', refused: why }]);
  });

  it('is not acknowledged where publishing throws', async () => {
    await makeSource();
    vi.spyOn(Hub.prototype, 'publishAll').mockRejectedValue(new Error('the hub is down'));
    const { acknowledged, retried } = await deliver([{ id: 'm', body: {} }]);
    expect(acknowledged).toEqual([]);
    expect(retried).toEqual([{ msgId: 'm', delaySeconds: FIRST_QUEUE_RETRY_SECONDS }]);
  });

  it('waits as long as a quota says', async ({ team }) => {
    await makeSource({}, root.in(team));
    const quota = {
      namespace: team,
      limit: 'events_per_second',
      value: 1,
      retryAfterSeconds: 60,
    } as const;
    vi.spyOn(Hub.prototype, 'publishAll').mockResolvedValue([{ refused: 'over_quota', quota }]);
    const sources = JSON.stringify({ [QUEUE]: `${team}/orders` });
    const { retried } = await deliver([{ id: 'm', body: {} }], { sources });
    expect(retried).toEqual([{ msgId: 'm', delaySeconds: 60 }]);
    expect(lines).toMatchObject([{ namespace: team, refused: expect.stringContaining('quota') }]);
  });
});

describe('the log of requests', () => {
  it('has a line for each batch', async () => {
    await makeSource({ event_type: 'orders/{/kind}' });
    await deliver(
      [
        { id: 'good', body: { kind: 'paid' } },
        { id: 'bad', body: {} },
      ],
      { log: 'on' },
    );
    expect(lines.at(-1)).toEqual({
      queue: QUEUE,
      source: 'orders',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      ms: expect.any(Number),
      messages: 2,
      acknowledged: 1,
      retried: 1,
      events: [{ type: 'orders/paid', path: 'orders/event', id: 'good', outcome: 'accepted' }],
    });
  });
});
