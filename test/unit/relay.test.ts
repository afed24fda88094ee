/** The pure parts of `carillon relay`: what answers and refusals mean, waits, and what a frame becomes. */
import { describe, expect, it } from 'vitest';
import { Backlog } from '../../src/cli/relay/backlog.ts';
import { RELAY_BACKOFF } from '../../src/cli/relay/backoff.ts';
import { lineOfEvent, lineOfFrame } from '../../src/cli/relay/frame.ts';
import {
  MAX_RELAY_ENTRIES,
  RELAY_MAX_BACKOFF_MS,
  RELAY_MIN_BACKOFF_MS,
} from '../../src/cli/relay/limits.ts';
import { lastingRefusal } from '../../src/cli/relay/refusal.ts';
import { verdictOf } from '../../src/cli/relay/verdict.ts';
import { backoffMs } from '../../src/client/backoff.ts';
import { platformRuntime } from '../../src/client/platform.ts';
import { type ApiResponse, request } from '../../src/client/request.ts';
import { MAX_PUBLISH_EVENTS } from '../../src/wire/limits.ts';
import { readCases } from '../support/cases.ts';

/** An answer of the publish endpoint as the client of `src/client` reads it. */
function answered(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const runtime = platformRuntime(async () => new Response(text, { status, headers }));
  const url = new URL('http://127.0.0.1/');
  const server = { url, token: 'root', namespace: '' };
  const { signal } = new AbortController();
  return request(runtime, server, { method: 'POST', url, timeoutMs: 1000, signal });
}

describe('the answer to a publish request', () => {
  it('counts what was accepted and what was known', async () => {
    const answer = await answered(200, { data: { accepted: 2, duplicates: 1, ids: [] } });
    expect(verdictOf(answer, 3)).toEqual({ accepted: 2, duplicates: 1, left: [] });
  });

  it.each([
    [400, 'line 2: namespace "ns1/" does not exist', 'namespace "ns1/" does not exist'],
    [
      403,
      'line 2: permission denied: namespace "ns1/" is not',
      'permission denied: namespace "ns1/" is not',
    ],
    [413, 'line 2: the event has 40000 bytes', 'the event has 40000 bytes'],
  ])(
    '%i names the line that is refused, and the others are sent again',
    async (status, error, reason) => {
      const answer = await answered(status, { errors: [error] });
      expect(verdictOf(answer, 3)).toEqual({
        accepted: 0,
        duplicates: 0,
        refused: { index: 1, reason },
        left: [0, 2],
      });
    },
  );

  it('that refuses something without saying which is followed by smaller requests', async () => {
    const answer = await answered(413, { errors: ['the body has 2000000 bytes'] });
    expect(verdictOf(answer, 2)).toEqual({ accepted: 0, duplicates: 0, left: [0, 1] });
    expect(verdictOf(answer, 1)).toEqual({
      accepted: 0,
      duplicates: 0,
      refused: { index: 0, reason: 'the body has 2000000 bytes' },
      left: [],
    });
  });

  it.each([429, 503])('%i has what was not taken sent again, later', async (status) => {
    const body = { errors: ['later'], data: { accepted: [0], duplicates: [2], failed: [1, 3] } };
    const answer = await answered(status, body, { 'Retry-After': '7' });
    expect(verdictOf(answer, 4)).toMatchObject({
      accepted: 1,
      duplicates: 1,
      left: [1, 3],
      failure: { waitMs: 7000 },
    });
  });

  it('in part, for there being too many hubs, ends with the event that is refused', async () => {
    const body = { errors: ['too many'], data: { accepted: [0], duplicates: [], failed: [1] } };
    const answer = await answered(413, body);
    expect(verdictOf(answer, 2)).toEqual({ accepted: 1, duplicates: 0, left: [1] });
    const alone = { errors: ['too many'], data: { accepted: [], duplicates: [], failed: [0] } };
    expect(verdictOf(await answered(413, alone), 1)).toMatchObject({
      refused: { index: 0, reason: 'too many' },
      left: [],
    });
  });

  it.each([
    [403, { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] }],
    [404, { errors: ['no handler for route'] }],
    [400, '<html>a gateway</html>'],
    [200, '<html>a page that greets everybody</html>'],
    [302, ''],
  ])('%i %j is no verdict on an event: all of them wait', async (status, body) => {
    expect(verdictOf(await answered(status, body), 1)).toMatchObject({
      accepted: 0,
      left: [0],
      failure: { waitMs: 0 },
    });
  });
});

describe('a refused handshake', () => {
  const refused = { message: 'no', retryAfterMs: 0 };

  it.each([
    [403, 2],
    [401, 2],
    [400, 1],
    [404, 1],
    [431, 1],
    [307, 1],
  ])('with %i would be refused again: exit code %i', (status, exitCode) => {
    expect(lastingRefusal({ ...refused, status }, '*')).toMatchObject({ exitCode });
  });

  it.each([0, 408, 425, 429, 500, 503])('with %i may pass', (status) => {
    expect(lastingRefusal({ ...refused, status, code: 'ECONNREFUSED' }, '*')).toBeUndefined();
  });

  it.each([
    'EPROTO',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('for %s lasts', (code) => {
    expect(lastingRefusal({ ...refused, status: 0, code }, '*')).toMatchObject({ exitCode: 1 });
  });
});

describe('a wait', () => {
  it('is from one second to a bound that doubles up to a minute', () => {
    expect(backoffMs(RELAY_BACKOFF, 0, 0)).toBe(RELAY_MIN_BACKOFF_MS);
    expect(backoffMs(RELAY_BACKOFF, 0, 0.5)).toBe(1500);
    expect(backoffMs(RELAY_BACKOFF, 3, 0.999999)).toBe(15_999);
    expect(backoffMs(RELAY_BACKOFF, 1000, 0.999999)).toBe(RELAY_MAX_BACKOFF_MS - 1);
    expect(backoffMs(RELAY_BACKOFF, 1000, 0)).toBe(RELAY_MIN_BACKOFF_MS);
  });

  it('is what the server asks for where that is longer, within reason', () => {
    expect(backoffMs(RELAY_BACKOFF, 0, 0, 20_000)).toBe(20_000);
    expect(backoffMs(RELAY_BACKOFF, 0, 0, 10)).toBe(RELAY_MIN_BACKOFF_MS);
    expect(backoffMs(RELAY_BACKOFF, 0, 0, 1e12)).toBe(300_000);
  });
});

describe('a frame', () => {
  it.each(readCases<{ id: string; expect: Record<string, unknown> }>('json'))(
    '$id is published as it came',
    ({ expect: frame }) => {
      const text = JSON.stringify(frame);
      expect(lineOfFrame(`${text}\n`)).toEqual({
        text,
        id: frame.id,
        source: frame.source,
        event: {
          eventType: (frame.data as { event_type: string }).event_type,
          namespace: (frame.data as { namespace?: string }).namespace ?? '',
        },
      });
    },
  );

  it('with an id that is a place on this side is published under a digest, always the same', () => {
    const frame = (id: string, source = 'vault://a') => ({
      id,
      source,
      specversion: '1.0',
      type: '*',
      data: { event: { id, metadata: { path: 'p' } }, event_type: 'abc' },
    });
    for (const id of ['earliest', 'cc2.x', '2026-11-22T12:00:00Z', '-15m', ' a', 'a\u0000']) {
      const line = lineOfFrame(`${JSON.stringify(frame(id))}\n`);
      expect(line?.id).toMatch(/^[0-9a-f]{64}$/);
      expect(JSON.parse(line?.text ?? '')).toEqual(frame(line?.id ?? ''));
      expect(lineOfFrame(JSON.stringify(frame(id)))).toEqual(line);
      expect(lineOfEvent(frame(id))).toEqual(line);
      expect(lineOfEvent(frame(id, 'vault://b')).id).not.toBe(line?.id);
    }
  });

  it('that is not JSON is left to the server to refuse, as one line', () => {
    expect(lineOfFrame('no\r\njson\n')).toMatchObject({ text: 'no json', id: '', source: '' });
    expect(lineOfFrame('\n')).toBeUndefined();
  });
});

describe('the backlog', () => {
  const entry = (id: number | string) => ({
    at: 0,
    line: { id: String(id), source: '', text: `{"id":"${id}"}`, event: { eventType: 'a' } },
  });

  it('gives as many as a request takes, again until they are settled', async () => {
    const backlog = new Backlog();
    for (let id = 0; id <= MAX_PUBLISH_EVENTS; id++) backlog.put(entry(id));
    expect(await backlog.oldest()).toHaveLength(MAX_PUBLISH_EVENTS);
    expect((await backlog.oldest())[0]?.line?.id).toBe('0');
    backlog.remove(MAX_PUBLISH_EVENTS);
    expect(await backlog.oldest()).toEqual([entry(MAX_PUBLISH_EVENTS)]);
    expect(backlog.events).toBe(1);
  });

  it('gives an entry that is larger than a request by itself', async () => {
    const backlog = new Backlog();
    backlog.put(entry('x'.repeat(2_000_000)));
    backlog.put(entry('b'));
    expect(await backlog.oldest()).toHaveLength(1);
  });

  it('is full at its bound, and has room again once half is gone', async () => {
    const backlog = new Backlog();
    for (let id = 0; id < MAX_RELAY_ENTRIES; id++) {
      expect(backlog.isFull).toBe(false);
      backlog.put(entry(id));
    }
    expect(backlog.isFull).toBe(true);
    let hasRoom = false;
    const room = backlog.room().then(() => {
      hasRoom = true;
    });
    backlog.remove(MAX_RELAY_ENTRIES / 2 - 1);
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    backlog.remove(1);
    await room;
    expect(backlog.isFull).toBe(false);
  });

  it('ends those who wait when it ends', async () => {
    const backlog = new Backlog();
    const oldest = backlog.oldest();
    backlog.end();
    expect(await oldest).toEqual([]);
  });
});
