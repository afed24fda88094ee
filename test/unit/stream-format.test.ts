import { describe, expect, it } from 'vitest';
import { NDJSON, SSE } from '../../src/http/events/streams/format.ts';

const EVENT = { cursor: 'cc2.b', frame: '{"id":"1"}\n' };
const HELLO = {
  type: 'hello',
  cursor: 'cc2.a',
  resumed: true,
  credit: 256,
  ack_timeout_ms: 60_000,
} as const;
const GAP = { reason: 'forgotten' } as const;

describe('server-sent events', () => {
  it('begin with where to come back to, as an event, and after how long', () => {
    expect(SSE.start(HELLO, 2500)).toBe(
      'retry: 2500\nid: cc2.a\nevent: hello\ndata: {"resumed":true}\n\n',
    );
  });

  it('begin with the gap where there is one', () => {
    expect(SSE.start({ ...HELLO, resumed: false, gap: GAP }, 2500)).toBe(
      'retry: 2500\nid: cc2.a\nevent: hello\ndata: {"resumed":false}\n\nid: cc2.a\nevent: gap\ndata: {"reason":"forgotten"}\n\n',
    );
  });

  it('have the frame as their data, in one line, and the place after it as their id', () => {
    expect(SSE.event(EVENT)).toBe('id: cc2.b\ndata: {"id":"1"}\n\n');
  });

  it('tell a gap in its place', () => {
    expect(SSE.gap(GAP, 'cc2.c')).toBe('id: cc2.c\nevent: gap\ndata: {"reason":"forgotten"}\n\n');
  });

  it('end with how long to wait', () => {
    expect(SSE.end(1000)).toBe('retry: 1000\n\n');
  });

  it('are kept alive by a comment', () => {
    expect(SSE.ping).toMatch(/^:.*\n\n$/);
  });
});

describe('lines of JSON', () => {
  it('are the frames and nothing else', () => {
    expect(NDJSON.start(HELLO, 2500)).toBe('');
    expect(NDJSON.event(EVENT)).toBe('{"id":"1"}\n');
    expect(NDJSON.end(1000)).toBe('');
  });

  it('but where there is a gap', () => {
    const line = '{"gap":{"reason":"forgotten","cursor":"cc2.a"}}\n';
    expect(NDJSON.start({ ...HELLO, gap: GAP }, 2500)).toBe(line);
    expect(NDJSON.gap(GAP, 'cc2.a')).toBe(line);
  });

  it('are kept alive by a blank one', () => {
    expect(NDJSON.ping).toBe('\n');
  });
});
