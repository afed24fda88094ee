import { describe, expect, it } from 'vitest';
import type { OutgoingEvent } from '../../../src/client/batches.ts';
import { PublishError, publishOn } from '../../../src/client/publish.ts';
import { FakePlatform, type SentRequest } from './support/platform.ts';
import { SERVER } from './support/subscription.ts';

function linesOf({ body = '' }: SentRequest): Record<string, unknown>[] {
  return body.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Takes everything, as if it were new. */
function accept(request: SentRequest) {
  return { body: { data: { accepted: linesOf(request).length, duplicates: 0, ids: [] } } };
}

function events(count: number, eventType = 'a/b'): OutgoingEvent[] {
  return Array.from({ length: count }, (_, index) => ({ eventType, id: `e${index}` }));
}

describe('publish', () => {
  it('sends an event with its members, under their names on the wire', async () => {
    const platform = new FakePlatform();
    platform.answers(accept);
    const event: OutgoingEvent = {
      eventType: 'deploy/finished',
      metadata: { path: 'x', deep: { list: [1] } },
      source: '/ci',
      time: new Date(0),
      namespace: 'team-a/',
      entityIds: ['e'],
      note: 'n',
      pluginInfo: { plugin: 'kv' },
    };
    const published = await publishOn(platform, event, { ...SERVER, namespace: 'team-a' });
    expect(published).toEqual({ ids: ['id-1'], accepted: 1, duplicates: 0 });
    const [request] = platform.requests as [SentRequest];
    expect(request.url.href).toBe('https://carillon.test/v1/team-a/sys/events/publish');
    expect(request.headers).toEqual({
      'X-Vault-Token': 'root',
      'Content-Type': 'application/x-ndjson',
    });
    expect(linesOf(request)).toEqual([
      {
        event_type: 'deploy/finished',
        metadata: { path: 'x', deep: { list: [1] } },
        id: 'id-1',
        source: '/ci',
        time: '1970-01-01T00:00:00.000Z',
        namespace: 'team-a/',
        entity_ids: ['e'],
        note: 'n',
        plugin_info: { plugin: 'kv' },
      },
    ]);
  });

  it('repeats a request whose answer was lost with the ids that it had', async () => {
    const platform = new FakePlatform();
    platform.answers(new TypeError('fetch failed'), { status: 502 }, (request) => ({
      body: { data: { accepted: 0, duplicates: linesOf(request).length } },
    }));
    const publishing = publishOn(platform, [{ eventType: 'a' }, { eventType: 'b' }], SERVER);
    await platform.elapse(250);
    await platform.elapse(500);
    expect(await publishing).toEqual({ ids: ['id-1', 'id-2'], accepted: 0, duplicates: 2 });
    const sent = platform.requests.map((request) => linesOf(request).map(({ id }) => id));
    expect(sent).toEqual([
      ['id-1', 'id-2'],
      ['id-1', 'id-2'],
      ['id-1', 'id-2'],
    ]);
  });

  it('repeats the events that failed, and no others, after Retry-After', async () => {
    const platform = new FakePlatform();
    const data = { accepted: [0], duplicates: [2], failed: [1, 3], ids: [] };
    platform.answers({ status: 503, headers: { 'Retry-After': '2' }, body: { data } }, accept);
    const publishing = publishOn(platform, events(4), SERVER);
    await platform.elapse(2250);
    expect(await publishing).toMatchObject({ accepted: 3, duplicates: 1 });
    expect(linesOf(platform.requests[1] as SentRequest).map(({ id }) => id)).toEqual(['e1', 'e3']);
  });

  it('asks for the token once: another might be another publisher', async () => {
    const platform = new FakePlatform();
    platform.answers({ status: 500 }, accept);
    const tokens = ['first', 'second'];
    const token = () => tokens.shift() as string;
    const publishing = publishOn(platform, events(1), { ...SERVER, token });
    await platform.elapse(250);
    await publishing;
    expect(platform.requests.map(({ headers }) => headers['X-Vault-Token'])).toEqual([
      'first',
      'first',
    ]);
  });

  it('gives up after eight attempts, with the events that are left', async () => {
    const platform = new FakePlatform();
    const outage = Array.from({ length: 8 }, () => ({ status: 503 }));
    platform.answers(accept, ...outage);
    const publishing = publishOn(platform, events(1001), SERVER);
    const failed = expect(publishing).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/answered 503.*; 8 attempts were made$/),
      unpublished: [{ eventType: 'a/b', id: 'e1000' }],
    });
    for (const wait of [250, 500, 1000, 2000, 4000, 8000, 15_000]) await platform.elapse(wait);
    await failed;
    expect(platform.requests).toHaveLength(9);
  });

  it.each([
    [400, 'invalid'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [413, 'invalid'],
    [415, 'invalid'],
  ])('does not repeat what is answered with %i', async (status, code) => {
    const platform = new FakePlatform();
    platform.answers({ status, body: { errors: ['line 1: no'] } });
    const error = await publishOn(platform, events(2), SERVER).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PublishError);
    expect(error).toMatchObject({ name: 'PublishError', code, status, unpublished: events(2) });
    expect(platform.requests).toHaveLength(1);
  });

  it.each(['<html>hello</html>', {}, { data: { ids: [] } }])(
    'takes %j for no sign that anything was published',
    async (body) => {
      const platform = new FakePlatform();
      platform.answers({ body });
      await expect(publishOn(platform, events(1), SERVER)).rejects.toMatchObject({
        code: 'protocol',
        unpublished: events(1),
      });
    },
  );

  it('is completed by publishing what is left, with the ids that were made', async () => {
    const platform = new FakePlatform();
    platform.answers({ status: 400 }, accept);
    const error = await publishOn(platform, { eventType: 'a' }, SERVER).catch((thrown) => thrown);
    await publishOn(platform, (error as PublishError).unpublished, SERVER);
    expect(linesOf(platform.requests[1] as SentRequest)).toEqual([{ event_type: 'a', id: 'id-1' }]);
  });

  it('of nothing sends nothing', async () => {
    const platform = new FakePlatform();
    expect(await publishOn(platform, [], SERVER)).toEqual({
      ids: [],
      accepted: 0,
      duplicates: 0,
    });
    expect(platform.requests).toEqual([]);
  });

  it('refuses an event without a type before anything is sent', async () => {
    const platform = new FakePlatform();
    const wrong = [{ eventType: 'a' }, {} as OutgoingEvent];
    await expect(publishOn(platform, wrong, SERVER)).rejects.toMatchObject({ code: 'invalid' });
    expect(platform.requests).toEqual([]);
  });

  it('ends with the reason of its signal, in a back-off too', async () => {
    const platform = new FakePlatform();
    const abort = new AbortController();
    const reason = new Error('enough');
    platform.answers({ status: 503 });
    const publishing = publishOn(platform, events(1), { ...SERVER, signal: abort.signal });
    await platform.until(() => platform.pending.includes(250));
    abort.abort(reason);
    await expect(publishing).rejects.toBe(reason);
    expect(platform.pending).toEqual([]);
  });
});

describe('the requests of a publish', () => {
  async function sizesOf(list: OutgoingEvent[]): Promise<number[]> {
    const platform = new FakePlatform();
    platform.answers(...list.map(() => accept));
    await publishOn(platform, list, SERVER);
    const sent = platform.requests.flatMap((request) => linesOf(request).map(({ id }) => id));
    expect(sent).toEqual(list.map(({ id }) => id));
    return platform.requests.map((request) => linesOf(request).length);
  }

  it('have a thousand events at most', async () => {
    expect(await sizesOf(events(2500))).toEqual([1000, 1000, 500]);
  });

  it('have a mebibyte at most, as UTF-8', async () => {
    const large = events(40).map((event) => ({ ...event, note: '日'.repeat(10_000) }));
    expect(await sizesOf(large)).toEqual([34, 6]);
  });

  it('have a hundred event-type namespaces at most, in each Vault namespace', async () => {
    const wide = events(150).map((event, index) => ({ ...event, eventType: `t${index}/x` }));
    expect(await sizesOf(wide)).toEqual([100, 50]);
    const deep = events(150).map((event, index) => ({ ...event, namespace: `n${index}/` }));
    expect(await sizesOf(deep)).toEqual([100, 50]);
  });
});
