/** Which deliveries are one event: a replay never makes another, whatever stands around what was signed. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import { Client, elapse, errorsOf, root } from './security-support.ts';

const SECRET = 'the-secret-of-the-source';
const stranger = new Client(undefined);
const BODY = '{"type":"order.paid","order":7}';

interface Report {
  readonly data: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly ids: readonly string[];
  };
}

function hmac(signed: string): string {
  return createHmac('sha256', SECRET).update(signed).digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function makes(settings: object): Promise<void> {
  await root.writes('sys/events/sources/shop', { kind: 'hmac', secrets: [SECRET], ...settings });
}

async function send(
  headers: Readonly<Record<string, string>>,
  body = BODY,
): Promise<Report['data']> {
  const response = await stranger.fetch('sys/events/in/shop', { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return ((await response.json()) as Report).data;
}

describe('the same signed bytes', () => {
  it('are one event, whatever headers they come with', async () => {
    await makes({ signature: { header: 'X-Sig' } });
    const signed = { 'X-Sig': hmac(BODY) };
    expect(await send(signed)).toEqual({ accepted: 1, duplicates: 0, ids: [sha256(BODY)] });
    for (const other of [{}, { 'X-Request-Id': '2' }, { 'Content-Type': 'text/plain' }]) {
      expect(await send({ ...signed, ...other })).toMatchObject({ accepted: 0, duplicates: 1 });
    }
  });

  it.each(['', 'application/json', 'text/plain', 'application/cloudevents+json'])(
    'are one CloudEvent, whatever content type they come with, and at first with %j',
    async (first) => {
      await makes({ signature: { header: 'X-Sig' } });
      const event = '{"specversion":"1.0","id":"a-1","source":"/shop","type":"order.paid"}';
      const types = [first, 'application/json', 'application/cloudevents+json', 'text/plain'];
      const reports = [];
      for (const type of types) {
        reports.push(await send({ 'X-Sig': hmac(event), 'Content-Type': type }, event));
      }
      expect(reports.map(({ accepted }) => accepted)).toEqual([1, 0, 0, 0]);
      expect(reports.map(({ ids }) => ids)).toEqual(types.map(() => ['a-1']));
    },
  );

  it('are the same CloudEvents in a list that is announced as JSON and as a batch', async () => {
    await makes({ signature: { header: 'X-Sig' } });
    const event = (id: string) => ({ specversion: '1.0', id, source: '/shop', type: 'paid' });
    const list = JSON.stringify([event('a-1'), event('a-2')]);
    const signed = { 'X-Sig': hmac(list) };
    const batch = { ...signed, 'Content-Type': 'application/cloudevents-batch+json' };
    expect(await send(signed, list)).toMatchObject({ accepted: 2, ids: ['a-1', 'a-2'] });
    expect(await send(batch, list)).toMatchObject({ accepted: 0, duplicates: 2 });
  });

  it('are no CloudEvent if they only look like one', async () => {
    await makes({ signature: { header: 'X-Sig' } });
    const body = '{"specversion":"1.0","type":"order.paid"}';
    expect(await send({ 'X-Sig': hmac(body) }, body)).toMatchObject({ ids: [sha256(body)] });
  });

  it('are one event within the tolerance, where the time is signed', async () => {
    await makes({ signature: { header: 'X-Sig', timestamp_header: 'X-Time' } });
    const now = Math.floor(Date.now() / 1000);
    const signed = { 'X-Time': String(now), 'X-Sig': hmac(`${now}.${BODY}`) };
    expect(await send(signed)).toMatchObject({ accepted: 1, ids: [sha256(`${now}.${BODY}`)] });
    elapse(100_000);
    expect(await send(signed)).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('are one event in a source whose rule for the id finds nothing', async () => {
    await makes({ signature: { header: 'X-Sig' }, mapping: { id: '{/id}' } });
    expect(await send({ 'X-Sig': hmac(BODY) })).toMatchObject({ ids: [sha256(BODY)] });
    expect(await send({ 'X-Sig': hmac(BODY) })).toMatchObject({ duplicates: 1 });
  });

  it('are one event where the operator takes the digest for the id, and not a header', async () => {
    await makes({ signature: { header: 'X-Sig' }, mapping: { id: 'shop-{digest}' } });
    expect(await send({ 'X-Sig': hmac(BODY) })).toMatchObject({ ids: [`shop-${sha256(BODY)}`] });
  });
});

describe('an id in a header of a source of kind hmac', () => {
  const signature = {
    header: 'X-Sig',
    id_header: 'X-Id',
    timestamp_header: 'X-Time',
    signed: '{id}.{timestamp}.{body}',
  };
  const signedFor = (id: string) => {
    const now = Math.floor(Date.now() / 1000);
    return { 'X-Id': id, 'X-Time': String(now), 'X-Sig': hmac(`${id}.${now}.${BODY}`) };
  };

  it('is the id of the event where it is signed', async () => {
    await makes({ signature });
    expect(await send(signedFor('d-1'))).toMatchObject({ accepted: 1, ids: ['d-1'] });
    expect(await send(signedFor('d-1'))).toMatchObject({ duplicates: 1 });
    expect(await send(signedFor('d-2'))).toMatchObject({ accepted: 1, ids: ['d-2'] });
    const replay = await stranger.fetch('sys/events/in/shop', {
      method: 'POST',
      headers: { ...signedFor('d-2'), 'X-Id': 'd-3' },
      body: BODY,
    });
    expect(replay.status).toBe(401);
    expect(await errorsOf(replay)).toBe('the signature is wrong');
  });

  it('is no id of the event where it is not signed, unless a rule says so', async () => {
    const unsigned = { header: 'X-Sig', id_header: 'X-Id' };
    await makes({ signature: unsigned });
    const sent = (id: string) => send({ 'X-Sig': hmac(BODY), 'X-Id': id });
    expect(await sent('d-1')).toMatchObject({ accepted: 1, ids: [sha256(BODY)] });
    expect(await sent('d-2')).toMatchObject({ duplicates: 1 });
    await makes({ signature: unsigned, mapping: { id: '{id}', metadata: { delivery: '{id}' } } });
    expect(await sent('d-3')).toMatchObject({ accepted: 1, ids: ['d-3'] });
  });

  it('must be there', async () => {
    await makes({ signature });
    const { 'X-Id': _, ...headers } = signedFor('');
    const response = await stranger.fetch('sys/events/in/shop', {
      method: 'POST',
      headers,
      body: BODY,
    });
    expect(response.status).toBe(401);
    expect(await errorsOf(response)).toBe('the header X-Id is missing');
  });
});

describe('what a sender sends twice that signs nothing', () => {
  it('is two events: nobody but the sender knows whether it means one', async () => {
    await root.writes('sys/events/sources/shop', { kind: 'token', secrets: [SECRET] });
    const headers = { 'X-Vault-Token': SECRET };
    expect(await send(headers)).toMatchObject({ accepted: 1 });
    expect(await send(headers)).toMatchObject({ accepted: 1 });
  });
});

describe('time and signature in one header', () => {
  it.each([
    ['Stripe', 't=<t>,v1=<s>', { signature_pair: 'v1', timestamp_pair: 't' }, '.'],
    [
      'Paddle',
      'ts=<t>;h1=<s>',
      { signature_pair: 'h1', timestamp_pair: 'ts', signed: '{timestamp}:{body}' },
      ':',
    ],
  ])('as %s writes them are verified', async (_vendor, form, pairs, between) => {
    await makes({ signature: { header: 'X-Sig', ...pairs } });
    const now = Math.floor(Date.now() / 1000);
    const header = (time: number, signature: string) =>
      form.replace('<t>', String(time)).replace('<s>', signature);
    const genuine = hmac(`${now}${between}${BODY}`);
    expect(await send({ 'X-Sig': header(now, genuine) })).toMatchObject({ accepted: 1 });
    await expect(send({ 'X-Sig': header(now + 1, genuine) })).rejects.toThrow('401');
    await expect(send({ 'X-Sig': header(now - 1000, genuine) })).rejects.toThrow('401');
    await expect(send({ 'X-Sig': genuine })).rejects.toThrow('no time');
  });
});

describe('a prefix before the signature', () => {
  it.each(['sha256=', 'v1,', 'HMAC ', 'a, b='])('may be %j, also in a list', async (prefix) => {
    await makes({ signature: { header: 'X-Sig', prefix } });
    expect(await send({ 'X-Sig': `${prefix}${hmac(BODY)}` })).toMatchObject({ accepted: 1 });
    await expect(send({ 'X-Sig': hmac(BODY) })).rejects.toThrow('no signature of the form');
    if (prefix.includes(',')) return;
    const list = `${prefix}${hmac('x')}, ${prefix}${hmac(BODY)}`;
    expect(await send({ 'X-Sig': list })).toMatchObject({ duplicates: 1 });
  });
});

describe('a time', () => {
  it.each([
    ['in milliseconds', 1_700_000_000_123, '2023-11-14T22:13:20.123Z'],
    ['in milliseconds, as text', '1700000000123', '2023-11-14T22:13:20.123Z'],
    ['in seconds', 1_700_000_000, '2023-11-14T22:13:20Z'],
  ])('%s is recognised', async (_unit, at, time) => {
    const mapping = { time: '{/at}' };
    await root.writes('sys/events/sources/shop', { kind: 'token', secrets: [SECRET], mapping });
    const { data } = await root.writes('sys/events/sources/shop/test', { body: { at } });
    expect(data).toMatchObject({ events: [{ time }] });
  });
});

describe('a body that is not read', () => {
  it.each([
    [
      'multipart/form-data; boundary=x',
      415,
      'the body is "multipart/form-data", whose parts are not read; have the sender send JSON',
    ],
    ['multipart/mixed', 415, 'the body is "multipart/mixed"'],
    ['text/xml', 400, 'the content type is "text/xml", and JSON and forms are read'],
  ])('is named: %s', async (type, status, message) => {
    await makes({ signature: { header: 'X-Sig' } });
    const response = await stranger.fetch('sys/events/in/shop', {
      method: 'POST',
      headers: { 'Content-Type': type, 'X-Sig': hmac('<a/>') },
      body: '<a/>',
    });
    expect(response.status).toBe(status);
    expect(await errorsOf(response)).toContain(message);
  });
});
