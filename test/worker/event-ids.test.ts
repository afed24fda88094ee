/** Ids and sources that no publisher may choose, at every entrance; and stored ones from before that was so. */
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { factsOf } from '../../src/event/facts.ts';
import { eventKey } from '../../src/event/publication.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { encodeJson } from '../../src/wire/json.ts';
import { encodeProtobuf } from '../../src/wire/protobuf.ts';
import { anEvent } from '../unit/support/events.ts';
import { it } from './fixtures.ts';
import { errorsOf, root } from './security-support.ts';
import { fetchApi, handshake, hubStub, journalOf, Subscriber } from './support.ts';

/** The same event by every way that one can be sent. */
const ENTRANCES: Readonly<
  Record<string, (id: string, source: string) => { type: string; body: BodyInit; headers?: object }>
> = {
  JSON: (id, source) => ({ type: 'application/json', body: JSON.stringify({ id, source }) }),
  'a list': (id, source) => ({ type: 'application/json', body: JSON.stringify([{ id, source }]) }),
  NDJSON: (id, source) => ({ type: 'application/x-ndjson', body: JSON.stringify({ id, source }) }),
  'a frame in NDJSON': (id, source) => ({
    type: 'application/x-ndjson',
    body: encodeJson(anEvent({ id, source, event_type: 'deploy' })),
  }),
  'a structured CloudEvent': (id, source) => ({
    type: 'application/cloudevents+json',
    body: JSON.stringify({ specversion: '1.0', id, source, type: 'x' }),
  }),
  'a batch of CloudEvents': (id, source) => ({
    type: 'application/cloudevents-batch+json',
    body: JSON.stringify([{ specversion: '1.0', id, source, type: 'x' }]),
  }),
  'a binary CloudEvent': (id, source) => ({
    type: 'application/json',
    body: '{}',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': encodeURIComponent(id),
      'ce-source': source,
      'ce-type': 'x',
    },
  }),
};

const RESERVED_IDS = [
  'cc1.AAAAAQAAAAAAAAD_AAAAAAAAAAOGVyue',
  'cc2.',
  '2026-11-22T12:00:00Z',
  '2999-01-01',
  '-15m',
  '5m',
  '20261129T220000Z',
  'yesterday',
  'earliest',
  'Now',
  ' e1',
  'e1\u00a0',
  'a\ufffd',
];

function send(entrance: string, id: string, source: string): Promise<Response> {
  const { type, body, headers } = ENTRANCES[entrance]?.(id, source) ?? { type: '', body: '' };
  return fetchApi('sys/events/publish/deploy', {
    method: 'POST',
    headers: { 'Content-Type': type, ...headers },
    body,
  });
}

describe.each(Object.keys(ENTRANCES))('%s', (entrance) => {
  it('is refused with an id that a subscriber cannot resume with', async () => {
    for (const id of RESERVED_IDS) {
      const response = await send(entrance, id, '/s');
      expect([id, response.status]).toEqual([id, 400]);
      expect(await errorsOf(response)).toContain(`id ${JSON.stringify(id)} has `);
    }
    expect((await send(entrance, 'e1', '/s')).status).toBe(200);
    expect((await journalOf(hubStub('deploy'))).map(({ id }) => id)).toEqual(['e1']);
  });

  it('is refused with a source that only this server gives', async () => {
    const source = 'vault://carillon/sys/events/sources/github';
    const response = await send(entrance, 'e1', source);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(`source "${source}" is reserved`);
    for (const other of ['vault://carillon', 'vault://raft-2', 'vault://eu/sys/events/sources/x']) {
      expect((await send(entrance, 'e1', other)).status).toBe(200);
    }
  });
});

it('a protobuf event is refused with an id that a subscriber cannot resume with', async () => {
  for (const id of RESERVED_IDS) {
    const body = encodeProtobuf(anEvent({ id, event_type: 'deploy' }));
    const response = await fetchApi('sys/events/publish', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-protobuf' },
      body,
    });
    expect([id, response.status]).toEqual([id, 400]);
  }
});

describe('a source that sends CloudEvents', () => {
  const SECRET = 'the-secret-of-the-source';
  const cloudEvent = (members: object) =>
    JSON.stringify({ specversion: '1.0', id: 'e1', source: '/s', type: 'x', ...members });

  it.each([
    ['id', 'earliest', 'id "earliest" has the form of a keyword'],
    ['id', 'cc2.x', 'id "cc2.x" has the form of a cursor'],
    ['source', 'vault://carillon/sys/events/sources/other', 'is reserved'],
  ])('is refused with %s %j, and so is its sample', async (member, value, message) => {
    await root.writes('sys/events/sources/from', { kind: 'token', secrets: [SECRET] });
    const body = cloudEvent({ [member]: value });
    const headers = { 'Content-Type': 'application/cloudevents+json', 'X-Vault-Token': SECRET };
    const response = await fetchApi('sys/events/in/from', { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
    const sample = await fetchApi('sys/events/sources/from/test', {
      method: 'POST',
      body: JSON.stringify({ headers: { 'Content-Type': headers['Content-Type'] }, body }),
    });
    expect(sample.status).toBe(400);
    expect(await errorsOf(sample)).toContain(message);
  });
});

describe('an event that was stored with such an id', () => {
  /** As a release that took any id has published it. */
  async function stored(id: string): Promise<void> {
    const event = anEvent({ id, event_type: 'deploy' });
    const key = eventKey('root', '', event);
    const publication = { key, facts: factsOf(event), json: encodeJson(event) };
    await hubStub('deploy').publish([publication], 'root');
  }

  async function resumed(since: string) {
    const query = new URLSearchParams({ json: 'true', since });
    const response = await handshake('deploy', query.toString());
    const told = response.headers.get('Last-Event-ID') === 'earliest';
    if (response.webSocket === null) return { status: response.status, told, heard: [] };
    const subscriber = new Subscriber(response.webSocket);
    await scheduler.wait(100);
    const heard: string[] = [];
    while (subscriber.waiting > 0) heard.push(await subscriber.nextId());
    return { status: response.status, told, heard };
  }

  it.each([...RESERVED_IDS, 'earliest '])(
    'hides nothing from a subscriber that names %j',
    async (id) => {
      await stored('before');
      await stored(id);
      await stored('after');
      const { status, told, heard } = await resumed(id);
      const misses = status === 101 && !told && !heard.includes('before');
      expect([id, misses]).toEqual([id, false]);
    },
  );

  it('is delivered like any other', async () => {
    await stored('before');
    await stored('earliest');
    expect((await resumed('before')).heard).toEqual(['earliest']);
    expect((await resumed('earliest')).heard).toEqual(['before', 'earliest']);
  });

  it('does not skip what came between it and the time that its id reads as', async () => {
    await stored('before');
    const time = new Date(Date.now() + 300).toISOString();
    await stored(time);
    await stored('after');
    await scheduler.wait(400);
    expect(await resumed(time)).toEqual({
      status: 101,
      told: true,
      heard: ['before', time, 'after'],
    });
  });

  it('is no place of a handshake that a Worker of an earlier release hands on', async () => {
    await stored('before');
    await stored('2026-11-22');
    await stored('after');
    const since = { kind: 'event' as const, id: '2026-11-22', mistake: 'no RFC 3339 time' };
    const handed = {
      subscription: {
        pattern: 'deploy',
        namespaces: [''],
        filter: '',
        protocol: 'stock' as const,
        encoding: 'json' as const,
      },
      token: undefined,
      since,
    };
    const response = await env.HUB.getByName('/deploy').fetch(encodeHandshake(handed));
    expect(response.headers.get('Last-Event-ID')).toBe('earliest');
    response.webSocket?.accept();
  });
});
