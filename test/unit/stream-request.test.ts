import { describe, expect, it } from 'vitest';
import { NDJSON, SSE } from '../../src/http/events/streams/format.ts';
import { formatOf, parseStreamRequest } from '../../src/http/events/streams/request.ts';
import { MAX_STREAM_SECONDS } from '../../src/http/limits.ts';

function asking(accept: string, init: RequestInit = {}): Request {
  return new Request('http://carillon.test/', { ...init, headers: { Accept: accept } });
}

describe('a stream is what a client accepts by name', () => {
  it.each([
    ['text/event-stream', SSE],
    ['application/x-ndjson', NDJSON],
    ['Application/X-NDJSON; charset=utf-8', NDJSON],
    ['text/html, text/event-stream;q=0.9, */*', SSE],
    ['application/x-ndjson, text/event-stream', NDJSON],
    ['text/event-stream,application/x-ndjson', SSE],
    ['*/*', undefined],
    ['text/*', undefined],
    ['application/json', undefined],
    ['text/event-streams', undefined],
    ['', undefined],
  ])('%j', (accept, format) => {
    expect(formatOf(asking(accept))).toBe(format);
  });

  it('in a GET that is no handshake', () => {
    for (const method of ['POST', 'PUT', 'HEAD', 'DELETE']) {
      expect(formatOf(asking('text/event-stream', { method }))).toBeUndefined();
    }
    const headers = new Headers({ Accept: 'text/event-stream', Upgrade: 'websocket' });
    expect(formatOf({ method: 'GET', headers } as Request)).toBeUndefined();
  });
});

describe('where a stream ends', () => {
  const parse = (query: string, format = NDJSON) =>
    parseStreamRequest(format, new URLSearchParams(query));

  it.each([
    ['', Infinity, MAX_STREAM_SECONDS],
    ['limit=&wait=', Infinity, MAX_STREAM_SECONDS],
    ['limit=1', 1, MAX_STREAM_SECONDS],
    ['limit=007', 7, MAX_STREAM_SECONDS],
    ['limit=999999999&wait=1', 999_999_999, 1],
    ['wait=90s', Infinity, 90],
    ['wait=1m30s', Infinity, 90],
    ['wait=500ms', Infinity, 1],
    [`wait=${MAX_STREAM_SECONDS}`, Infinity, MAX_STREAM_SECONDS],
    ['limit=2&limit=3', 2, MAX_STREAM_SECONDS],
  ])('is read from %j', (query, limit, seconds) => {
    expect(parse(query)).toEqual({
      ok: true,
      value: { format: NDJSON, limit, maxMs: seconds * 1000 },
    });
  });

  it.each([
    ['limit=0', /^limit must be a number of events from 1 .*, not "0"$/],
    ['limit=-1', /^limit must be/],
    ['limit=1.5', /^limit must be/],
    ['limit=1e3', /^limit must be/],
    ['limit=1000000000', /^limit must be/],
    ['limit=all', /not "all"$/],
    ['wait=0', /^wait must be from 1 to 1800 seconds, not "0"$/],
    ['wait=0s', /^wait must be from 1 to 1800 seconds/],
    ['wait=1801', /^wait must be from 1 to 1800 seconds/],
    ['wait=2d', /^wait must be from 1 to 1800 seconds/],
    ['wait=-5', /^wait: cannot provide negative value/],
    ['wait=soon', /^wait must be a duration such as/],
  ])('is refused where it is %j', (query, message) => {
    expect(parse(query)).toMatchObject({ ok: false, failure: { reason: 'invalid' } });
    expect(parse(query)).toHaveProperty('failure.message', expect.stringMatching(message));
  });

  it('is the same for all server-sent events, which come back by themselves', () => {
    expect(parse('limit=1&wait=soon', SSE)).toEqual({
      ok: true,
      value: { format: SSE, limit: Infinity, maxMs: MAX_STREAM_SECONDS * 1000 },
    });
  });
});
