import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EventInput, postEvents, publish, publishAll } from './support/publish.ts';
import { api, call, expectErrors, freshName, subscribeJson } from './support/target.ts';

const MAX_TYPE_CHARACTERS = 256;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_EVENTS = 1000;
const MAX_NAMESPACES = 100;
const MAX_FRAME_BYTES = 31 * 1024;

describe('400: an event', () => {
  it.each<[what: string, event: unknown, message: string]>([
    ['that is no object', 'text', 'must be a JSON object'],
    ['with a key that events do not have', { nope: 1 }, '"nope"'],
    ['whose type is not that of the URL', { event_type: 'other' }, '"other"'],
    ['with an empty id', { id: '' }, 'id'],
    ['with a control character in its id', { id: 'a\nb' }, 'id'],
    ['with an id that reads as a time', { id: '2026-11-22T12:00:00Z' }, 'form of a time'],
    ['with an id that reads as a date', { id: '2026-11-22' }, 'form of a time'],
    ['with an id that reads as a cursor', { id: 'cc2.x' }, 'form of a cursor'],
    ['with an id that reads as a cursor of old', { id: 'cc1.x' }, 'form of a cursor'],
    ['with an id that reads as a relative time', { id: '-15m' }, 'form of a relative time'],
    ['with an id that reads as a place', { id: 'earliest' }, 'form of a keyword'],
    ['with an id that may read as a place one day', { id: 'latest' }, 'form of a keyword'],
    ['with a blank before its id', { id: ' a' }, 'blank'],
    ['with a time that is none', { time: 'yesterday' }, '"yesterday"'],
    ['of a day that does not exist', { time: '2026-02-30T00:00:00Z' }, '"2026-02-30T00:00:00Z"'],
    ['with a source that is no URI reference', { source: 'not a uri' }, '"not a uri"'],
    ['of a namespace that does not exist', { namespace: 'no-such/' }, '"no-such/"'],
    ['with metadata that is no object', { metadata: [] }, 'metadata'],
    ['with a path that has a dot segment', { metadata: { path: 'a/../b' } }, '"a/../b"'],
    ['with a path that has an empty segment', { metadata: { path: 'a//b' } }, '"a//b"'],
    ['with a path that is no string', { metadata: { path: 7 } }, 'metadata.path'],
    ['with an unpaired surrogate', { note: '\ud800' }, 'note'],
    ['with entity ids that are no strings', { entity_ids: [1] }, 'entity_ids[0]'],
    ['with a key that plugin_info does not have', { plugin_info: { nope: '' } }, '"nope"'],
  ])('%s is refused', async (_, event, message) => {
    const answer = await postEvents(freshName(), JSON.stringify(event));
    expectErrors(answer, 400, [expect.stringContaining(message)]);
  });

  it.each(['kv-v2/', '/kv', 'a//b', 'a*b', '-a', 'a/.b', 'é', ''])(
    'of type "%s" is refused',
    async (event_type) => {
      const answer = await postEvents('', { event_type });
      expectErrors(answer, 400, [expect.stringContaining('event type')]);
    },
  );

  it('of a type past its limit is refused', async () => {
    expect(await postEvents('t'.repeat(MAX_TYPE_CHARACTERS), {})).toMatchObject({ status: 200 });
    const answer = await postEvents('t'.repeat(MAX_TYPE_CHARACTERS + 1), {});
    expectErrors(answer, 400, [expect.stringContaining('at most')]);
  });

  it('without a type is refused', async () => {
    expectErrors(await postEvents('', {}), 400, [expect.stringContaining('event_type')]);
  });

  it("without its type's metadata is refused, and the keys are named", async () => {
    const answer = await postEvents('database/rotate', { metadata: { path: 'a', name: 'b' } });
    expectErrors(answer, 400, [expect.stringMatching(/"modified", "operation".*database\/rotate/)]);
  });

  it('that is wrong keeps its whole request from being published, and is named', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(event_type);
    const events: EventInput[] = [
      { event_type, id: 'good' },
      { event_type, time: 'never' },
    ];
    expectErrors(await postEvents('', events), 400, [
      expect.stringMatching(/^event\[1\]: .*"never"/),
    ]);
    const last = await publish(event_type);
    expect((await subscriber.framesUntil(last)).length).toBe(1);
  });
});

describe('400: a body', () => {
  it.each([
    ['that is no JSON', '{"a":'],
    ['with no events', '[]'],
    ['that is no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ])('%s is refused', async (_, body) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await api('sys/events/publish/abc', { method: 'POST', headers, body });
    expectErrors(answer, 400, [expect.any(String)]);
  });

  it('of several lines is refused with the number of the wrong one', async () => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const body = '{}\n\n{"nope":1}\n';
    const answer = await api('sys/events/publish/abc', { method: 'POST', headers, body });
    expectErrors(answer, 400, [expect.stringMatching(/^line 3: /)]);
  });
});

describe('403: a publisher', () => {
  const init = { method: 'POST', body: '{}' };
  it('without a token may not publish', async () => {
    expectErrors(await call('sys/events/publish/abc', init), 403, ['permission denied']);
  });

  it('with a wrong token is told so', async () => {
    const headers = { 'X-Vault-Token': 'hvs.bogus' };
    expectErrors(await call('sys/events/publish/abc', { ...init, headers }), 403, [
      '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n',
    ]);
  });
});

describe('413: a request', () => {
  const TOO_MUCH = [expect.stringContaining('at most')];

  it('with a body past its limit is refused, also where it does not say how long it is', async () => {
    const body = `{}${' '.repeat(MAX_BODY_BYTES - 2)}`;
    expect(await postEvents(freshName(), body)).toMatchObject({ status: 200 });
    expectErrors(await postEvents(freshName(), `${body} `), 413, TOO_MUCH);
    const stream = new Blob([body, ' ']).stream();
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: stream, duplex: 'half' } as const;
    expectErrors(await api(`sys/events/publish/${freshName()}`, init), 413, TOO_MUCH);
  });

  it('with more events than its limit is refused', async () => {
    const event_type = freshName();
    const events = Array.from({ length: MAX_EVENTS }, () => ({ event_type }));
    expect(await publishAll(events)).toMatchObject({ accepted: MAX_EVENTS });
    expectErrors(await postEvents('', [...events, { event_type }]), 413, TOO_MUCH);
  });

  it('with more event-type namespaces than its limit is refused', async () => {
    const events = Array.from({ length: MAX_NAMESPACES }, () => ({ event_type: freshName() }));
    expect(await publishAll(events)).toMatchObject({ accepted: MAX_NAMESPACES });
    const tooMany = [...events, { event_type: freshName() }];
    expectErrors(await postEvents('', tooMany), 413, TOO_MUCH);
  });

  it('with an event whose frame some client could not read is refused', async () => {
    const type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(type);
    const event = { time: '2026-01-31T23:59:59Z', note: 'x' };
    await publish(type, event);
    const { length } = (await subscriber.next()).bytes;

    const note = 'x'.repeat(event.note.length + MAX_FRAME_BYTES - length);
    await publish(type, { ...event, note });
    expect((await subscriber.next()).bytes.length).toBe(MAX_FRAME_BYTES);
    const tooLong = { ...event, id: randomUUID(), note: `${note}x` };
    expectErrors(await postEvents(type, tooLong), 413, TOO_MUCH);
  });
});

describe('415: a body', () => {
  it.each([
    ['of another type', { 'Content-Type': 'text/html' }],
    ['in another charset', { 'Content-Type': 'application/json; charset=latin1' }],
    ['that is compressed', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }],
    ['that is a form', { 'Content-Type': 'multipart/form-data; boundary=x' }],
  ])('%s is refused', async (_, headers) => {
    const answer = await api('sys/events/publish/abc', { method: 'POST', headers, body: '{}' });
    expectErrors(answer, 415, [expect.stringContaining('not supported')]);
  });

  it('in UTF-8 by name is taken', async () => {
    const headers = { 'Content-Type': 'application/json; charset="UTF-8"' };
    const path = `sys/events/publish/${freshName()}`;
    expect(await api(path, { method: 'POST', headers, body: '{}' })).toMatchObject({ status: 200 });
  });
});
