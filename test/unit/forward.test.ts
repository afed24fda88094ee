/** The pure parts of `carillon forward audit`. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { classify, entryBatches } from '../../src/cli/forward/entry.ts';
import {
  FORWARD_TIMEOUT_MS,
  MAX_AUDIT_ENTRY_BYTES,
  MAX_FORWARDED_BYTES,
  MAX_FORWARDED_ENTRIES,
} from '../../src/cli/forward/limits.ts';
import { LineSplitter } from '../../src/cli/forward/line-splitter.ts';
import { parseListenAddress } from '../../src/cli/forward/listen.ts';
import { Progress } from '../../src/cli/forward/progress.ts';
import { isRotated } from '../../src/cli/forward/rotation.ts';
import { Sender } from '../../src/cli/forward/sender.ts';
import { AuditEndpoint, entry } from '../support/audit-endpoint.ts';

function lineOf(text: string) {
  const bytes = Buffer.from(text);
  return { offset: 7, length: bytes.length, bytes };
}

describe('lines', () => {
  it('are the same however the bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'ä', '\n') })),
        fc.nat(1000),
        (pieces, offset) => {
          const splitter = new LineSplitter(offset);
          const lines = pieces.flatMap((piece) => splitter.push(Buffer.from(piece)));
          const all = Buffer.from(pieces.join(''));
          const whole = all.subarray(0, all.lastIndexOf('\n') + 1);
          expect(splitter.offset).toBe(offset + whole.length);
          lines.push(...splitter.end());
          expect(lines.map(({ bytes }) => bytes?.toString()).join('\n')).toBe(
            all.toString().replace(/\n$/, ''),
          );
          for (const { offset: from, length, bytes } of lines) {
            expect(all.subarray(from - offset, from - offset + length)).toEqual(bytes);
          }
        },
      ),
    );
  });

  it('that are too long are counted and not kept', () => {
    const splitter = new LineSplitter(0);
    const longest = Buffer.alloc(MAX_AUDIT_ENTRY_BYTES, 'a');
    expect(splitter.push(longest)).toEqual([]);
    expect(splitter.push(Buffer.from('\n'))[0]?.bytes?.length).toBe(MAX_AUDIT_ENTRY_BYTES);
    splitter.push(longest);
    expect(splitter.push(Buffer.from('aa\nb\n'))).toEqual([
      { offset: longest.length + 1, length: longest.length + 2, bytes: undefined },
      { offset: 2 * longest.length + 4, length: 1, bytes: Buffer.from('b') },
    ]);
  });
});

describe('a line', () => {
  it('of what becomes an event is an entry, with its time', () => {
    const written = { ...(JSON.parse(entry('a')) as object), time: '2026-11-22T12:00:00.5Z' };
    const text = JSON.stringify(written);
    const { bytes } = lineOf(text);
    const time = Date.UTC(2026, 10, 22, 12, 0, 0, 500);
    expect(classify(lineOf(text))).toEqual({ entry: { offset: 7, bytes, time } });
  });

  it('that the server has to say something of is an entry too', () => {
    expect(classify(lineOf('{}'))).toMatchObject({ entry: { offset: 7 } });
  });

  it.each([
    ['{"type":"request","x":{"type":"response"}}'],
    ['{"type":"response"}'],
    [entry('a').replace('update', 'read').trimEnd()],
    [''],
    [' \r'],
  ])('%j is ignored', (text) => {
    expect(classify(lineOf(text))).toEqual({ ignored: true });
  });

  it.each([
    ['@cee: {"type":"response"}', 'not a JSON object'],
    ['{"type":"resp', 'not a JSON object'],
    ['[{"type":"response"}]', 'not a JSON object'],
    ['"response"', 'not a JSON object'],
    ['null', 'not a JSON object'],
  ])('%j is passed over', (text, passedOver) => {
    expect(classify(lineOf(text))).toEqual({ passedOver });
  });

  it('that is not UTF-8 is passed over', () => {
    const bytes = Buffer.from('{"type":"response","x":"\xff"}', 'latin1');
    expect(classify({ offset: 0, length: bytes.length, bytes })).toEqual({
      passedOver: 'not UTF-8',
    });
  });
});

it('batches keep the order, and their bounds but for a single entry', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(300), fc.nat(400_000)), { maxLength: 2000, size: 'max' }),
      (sizes) => {
        const entries = sizes.map((size, offset) => ({
          offset,
          bytes: { length: size } as Buffer,
          time: 0,
        }));
        const batches = entryBatches(entries);
        expect(batches.flat()).toEqual(entries);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, each) => sum + each.bytes.length + 1, 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(MAX_FORWARDED_ENTRIES);
          if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_FORWARDED_BYTES);
        }
      },
    ),
    { numRuns: 20 },
  );
});

describe('--socket', () => {
  it.each([
    [':9090', { host: '127.0.0.1', port: 9090 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    ['bao.internal:65535', { host: 'bao.internal', port: 65_535 }],
    ['[::1]:9090', { host: '::1', port: 9090 }],
    ['./audit.sock', { path: './audit.sock' }],
    ['/run/audit:1', { path: '/run/audit:1' }],
  ])('%s', (text, value) => {
    expect(parseListenAddress(text)).toEqual({ ok: true, value });
  });

  it.each(['', '9090', ':', ':x', ':65536', '::1:9090', '[]:1', 'audit.sock'])('not %j', (text) => {
    expect(parseListenAddress(text)).toMatchObject({
      failure: { message: expect.stringContaining('give it :port, host:port, or the path') },
    });
  });
});

describe('rotated logs', () => {
  it.each([
    ['audit.log.1'],
    ['audit.log.2.gz'],
    ['audit.log-20261122'],
    ['audit.log-2026-11-22-1700000000'],
    ['audit-20261122.log'],
    ['audit.1.log'],
    ['audit-20261122.log.gz'],
  ])('%s is one of audit.log', (name) => {
    expect(isRotated(name, 'audit.log')).toBe(true);
  });

  it.each([
    'audit.log',
    'audit.logs',
    'audit2.log',
    'audit-2.log',
    'audit-raw.log',
    'audit.json',
    'xaudit.log.1',
  ])('%s is none of audit.log', (name) => {
    expect(isRotated(name, 'audit.log')).toBe(false);
  });
});

describe('progress', () => {
  function screen(isTTY: boolean) {
    const written: string[] = [];
    return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
  }

  it('on a terminal is one line, written anew, with what is said above it', () => {
    const terminal = screen(true);
    const progress = new Progress(terminal, () => 90_000);
    progress.read(1234);
    progress.answered({ accepted: 1000, duplicates: 1, dropped: 0 });
    progress.draw();
    progress.draw();
    progress.say('going on\u001b[31m');
    progress.behind(3 * 1024 * 1024, 60_000);
    progress.summarise();
    const counts = '1,234 entries read, 1,000 events accepted, 1 duplicates';
    expect(terminal.written).toEqual([
      `\r\u001b[K${counts}, no`,
      '\r\u001b[Kgoing on\\u001b[31m\n',
      `\r\u001b[K${counts}, no`,
      `\r\u001b[K${counts}, 3.0 MiB behind (30 s)\n`,
    ]);
  });

  it('elsewhere is what is said, and a summary', () => {
    const file = screen(false);
    const progress = new Progress(file, () => 0);
    progress.draw();
    progress.say('going on');
    progress.answered({ accepted: 1, duplicates: 0, dropped: 2 });
    progress.lost(3);
    progress.behind(1000, Number.NaN);
    progress.summarise();
    expect(file.written).toEqual([
      'going on\n',
      '0 entries read, 1 events accepted, 0 duplicates, 2 dropped by the server, 3 entries lost, 1000 B behind\n',
    ]);
  });

  it('tells of lines that are passed over once a second, and counts all', () => {
    const file = screen(false);
    let now = 0;
    const progress = new Progress(file, () => now);
    progress.passedOver('first');
    progress.passedOver('second');
    progress.passedOver('third');
    now = 1000;
    progress.passedOver('fourth');
    progress.summarise();
    expect(file.written).toEqual([
      'first\n',
      'fourth, and 2 lines before it\n',
      expect.stringContaining('4 lines passed over'),
    ]);
  });
});

it('a request that is not answered is given up after a time, and sent again', async () => {
  await using endpoint = await AuditEndpoint.start();
  endpoint.behave = (_, number) => (number === 0 ? 'hold' : 'take');
  const said: string[] = [];
  const progress = new Progress({ write: (text) => said.push(text) }, Date.now);
  const { signal } = new AbortController();
  const server = { url: new URL(endpoint.address), token: '', namespace: '' };
  const sender = new Sender(server, 'bao', progress, { stop: signal, deadline: signal });
  const verdict = classify(lineOf(entry('a').trimEnd()));
  if (!('entry' in verdict)) throw new Error('it is an entry');
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const delivered = sender.deliver([verdict.entry]);
    await endpoint.until('a request', () => endpoint.requests.length === 1);
    vi.advanceTimersByTime(FORWARD_TIMEOUT_MS);
    vi.useRealTimers();
    expect(await delivered).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
  expect(endpoint.taken).toEqual(['a']);
  expect(said[0]).toMatch(
    /^cannot reach http:.* \(no answer within 30 s\); .*; trying again in 0\.\d s\n$/,
  );
});
