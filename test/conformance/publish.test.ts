import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EVERY_KEY, type Published, postEvents, publish, publishAll } from './support/publish.ts';
import { api, freshName, subscribeJson, subscribeProtobuf } from './support/target.ts';

describe('the answer to a publisher', () => {
  it('says in the envelope of Vault what was accepted, and under which ids', async () => {
    const { status, headers, body } = await postEvents(`${freshName()}/made`, {
      id: 'a',
      metadata: { path: 'a' },
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    const data = { accepted: 1, duplicates: 0, ids: ['a'] };
    expect(JSON.parse(body)).toMatchObject({
      ...data,
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data,
      wrap_info: null,
      warnings: null,
      auth: null,
    });
  });

  it('names the ids in the order of the request, also those that the server made', async () => {
    const event_type = `${freshName()}/made`;
    const { accepted, ids } = await publishAll([
      { event_type },
      { event_type, id: 'second' },
      { event_type: freshName() },
    ]);
    expect(accepted).toBe(3);
    expect(ids[1]).toBe('second');
    expect(new Set(ids).size).toBe(3);
  });

  it.each(['POST', 'PUT'] as const)('is the same by %s', async (method) => {
    const { body } = await postEvents(freshName(), {}, method);
    expect(JSON.parse(body)).toMatchObject({ accepted: 1 });
  });

  it.each(['', 'null', '{}'])('accepts an event with no member: body %j', async (body) => {
    expect(await postEvents(freshName(), body)).toMatchObject({ status: 200 });
  });
});

describe('an event that is published again', () => {
  it('is a duplicate and is delivered once', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(event_type);
    await using gathering = await subscribeJson(`${event_type.slice(0, -5)}*`);
    const event = { event_type, id: randomUUID(), source: 'vault://one' };
    expect(await publishAll([event])).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await publishAll([event, event])).toMatchObject({ accepted: 0, duplicates: 2 });
    const last = await publish(event_type);
    expect((await subscriber.framesUntil(last)).length).toBe(2);
    expect((await gathering.framesUntil(last)).length).toBe(2);
  });

  it('is a duplicate within one request too', async () => {
    const event = { event_type: freshName(), id: 'x' };
    expect(await publishAll([event, event])).toMatchObject({ accepted: 1, duplicates: 1 });
  });

  it('is another event under another source or type', async () => {
    const namespace = freshName();
    const id = randomUUID();
    await using subscriber = await subscribeJson(`${namespace}/*`);
    await publish(`${namespace}/a`, { id, source: 'vault://one' });
    await publish(`${namespace}/a`, { id, source: 'vault://two' });
    await publish(`${namespace}/b`, { id, source: 'vault://one' });
    const frames = [await subscriber.next(), await subscriber.next(), await subscriber.next()];
    expect(frames.every(({ text }) => text.includes(id))).toBe(true);
  });
});

describe('a publisher', () => {
  const kv = 'kv-v2/data-write';
  const structured = {
    specversion: '1.0',
    source: 'https://github.com/acme',
    type: 'com.example/object created',
    subject: 'reports/7',
    data: { size: 3 },
  };

  it.each([
    [
      'application/json',
      (id: string) => JSON.stringify([{ id, event_type: kv, metadata: EVERY_KEY }]),
    ],
    [
      'application/x-ndjson',
      (id: string) => `\n${JSON.stringify({ id, event_type: kv, metadata: EVERY_KEY })}\r\n\n`,
    ],
    ['application/cloudevents+json', (id: string) => JSON.stringify({ ...structured, id })],
    ['application/cloudevents-batch+json', (id: string) => JSON.stringify([{ ...structured, id }])],
  ])('may send %s', async (type, bodyOf) => {
    await using subscriber = await subscribeJson('*');
    const id = randomUUID();
    expect(await post({ 'Content-Type': type }, bodyOf(id))).toMatchObject({
      accepted: 1,
      ids: [id],
    });
    await subscriber.nextOf(id);
  });

  it('may send JSON as curl does, under the name of a form', async () => {
    const id = randomUUID();
    const body = JSON.stringify({ id, event_type: freshName() });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await post(headers, body)).toMatchObject({ accepted: 1, ids: [id] });
  });

  it('may send a CloudEvent in binary mode', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(event_type);
    const id = randomUUID();
    const headers = {
      'Content-Type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/here',
      'ce-type': event_type,
      'ce-subject': 'a/b',
    };
    await post(headers, '{"size":"3"}');
    expect(JSON.parse((await subscriber.next()).text)).toMatchObject({
      id,
      source: '/here',
      data: { event: { metadata: { path: 'a/b', size: '3' } } },
    });
  });

  it('may send a JSON frame back, which makes nothing new', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(event_type);
    await publish(event_type, { metadata: { a: 'b' }, source: 'vault://elsewhere' });
    const { text } = await subscriber.next();
    const headers = { 'Content-Type': 'application/json' };
    expect(await post(headers, text)).toMatchObject({ accepted: 0, duplicates: 1 });
    await subscriber.nothingSoFar();
  });

  it('may send a binary frame back, which has no source and so is an event of the server', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeProtobuf(event_type);
    const id = await publish(event_type, { metadata: { a: 'b' }, source: 'vault://elsewhere' });
    const { bytes } = await subscriber.next();
    const headers = { 'Content-Type': 'application/x-protobuf' };
    const body = new Uint8Array(bytes);
    expect(await post(headers, body)).toMatchObject({ accepted: 1, ids: [id] });
    expect((await subscriber.next()).bytes).toEqual(bytes);
  });
});

async function post(
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Published> {
  const answer = await api('sys/events/publish', { method: 'POST', headers, body });
  expect(answer).toMatchObject({ status: 200 });
  return JSON.parse(answer.body) as Published;
}
