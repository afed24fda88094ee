/** What a server of carillon.v1 sends, and how clients read it. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EVENT_SOURCE_CHARACTERS } from '../../src/event/limits.ts';
import { decodeServerMessage } from '../../src/wire/carillon-v1/client-codecs.ts';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import {
  encodeServerEvents,
  encodeServerMessage,
} from '../../src/wire/carillon-v1/server-codec.ts';
import { type Encoding, encodeWithinLimit, Frame } from '../../src/wire/frame.ts';
import { carillon } from '../../src/wire/gen/proto.js';
import { encodeJson } from '../../src/wire/json.ts';
import { MAX_FRAME_BYTES } from '../../src/wire/limits.ts';
import { anEvent, anyEvent } from './support/events.ts';
import { anyAnnouncement, anyPlacedFrames } from './support/messages.ts';
import { accepted } from './support/result.ts';

const CURSOR = 'cc2.AAAAAQAAAAAAAAD_AAAAAAAAAAPT9bLJnxFC1cAK';
const ENCODINGS: readonly Encoding[] = ['json', 'protobuf'];

const HELLO: ServerMessage = {
  type: 'hello',
  cursor: CURSOR,
  resumed: false,
  gap: { reason: 'forgotten' },
  credit: 256,
  ack_timeout_ms: 60_000,
};

describe.each(ENCODINGS)('a message of the server in %s', (encoding) => {
  it('is read by the client as it was sent', () => {
    fc.assert(
      fc.property(anyAnnouncement, (message) => {
        expect(read(encodeServerMessage(message, encoding), encoding)).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it('has events as the client of a stock socket reads them, each with its cursor', () => {
    fc.assert(
      fc.property(anyPlacedFrames, (events) => {
        assert.deepStrictEqual(read(encodeServerEvents(events, encoding), encoding), {
          type: 'events',
          events: events.map(({ cursor, frame }) => ({ cursor, event: JSON.parse(frame.json) })),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('fits the 32 KiB that Go clients read if it has one event, however large', () => {
    const event = { ...anEvent(), source: `a:${'s'.repeat(MAX_EVENT_SOURCE_CHARACTERS - 2)}` };
    const spare = MAX_FRAME_BYTES - encodeJson({ ...event, note: ' ' }).length;
    for (const note of ['n'.repeat(spare + 1), 'ü'.repeat(spare / 2), '<'.repeat(spare / 6)]) {
      const frame = new Frame(accepted(encodeWithinLimit({ ...event, note })));
      const message = encodeServerEvents([{ cursor: CURSOR, frame }], encoding);
      expect(bytesOf(message)).toBeLessThanOrEqual(32 * 1024);
    }
  });

  it('keeps __proto__ a key like any other', () => {
    const metadata = JSON.parse('{"__proto__":{"a":1}}');
    const frame = new Frame(encodeJson(anEvent({ metadata })));
    const message = read(encodeServerEvents([{ cursor: CURSOR, frame }], encoding), encoding);
    expect(JSON.stringify(message)).toContain('"metadata":{"__proto__":{"a":1}}');
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('is not of the protocol in the other kind of WebSocket message', () => {
    const other = encoding === 'json' ? 'protobuf' : 'json';
    const read = decodeServerMessage(encodeServerMessage(HELLO, other), encoding);
    expect(read).toMatchObject({ ok: false, failure: { code: 4400 } });
  });

  it('with a reason that the client does not know is handed on', () => {
    const goodbye = { type: 'goodbye', reason: 'moved', reconnect: true, after_ms: 5 };
    const message = encodeServerMessage(goodbye as never, encoding);
    expect(read(message, encoding)).toEqual(goodbye);
  });
});

describe('a message of events', () => {
  it('in JSON is one line of what stock subscribers are sent', () => {
    const frame = new Frame(encodeJson(anEvent()));
    const events = [
      { cursor: 'c1', frame },
      { cursor: 'c2', frame },
    ];
    const event = frame.json.trimEnd();
    expect(encodeServerEvents(events, 'json')).toBe(
      `{"type":"events","events":[{"cursor":"c1","event":${event}},{"cursor":"c2","event":${event}}]}`,
    );
  });

  it('in protobuf is what the generated code makes of the same members', () => {
    fc.assert(
      fc.property(anyPlacedFrames, (events) => {
        const bytes = encodeServerEvents(events, 'protobuf') as Uint8Array;
        const again = carillon.v1.ServerMessage.encode(carillon.v1.ServerMessage.decode(bytes));
        expect(Buffer.from(again.finish()).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('in protobuf has the bytes of the binary frame', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const frame = new Frame(encodeJson(event));
        const bytes = encodeServerEvents([{ cursor: CURSOR, frame }], 'protobuf') as Uint8Array;
        expect(Buffer.from(bytes.subarray(-frame.protobuf.length)).equals(frame.protobuf)).toBe(
          true,
        );
      }),
    );
  });
});

describe('a client', () => {
  it.each([
    ['', 'nothing'],
    ['[]', 'a list'],
    ['null', 'null'],
    ['{"type":"hello"', 'half a message'],
    ['{}', 'no type'],
    ['{"type":"ack","cursor":"c"}', 'what clients send'],
    ['{"type":"toString"}', 'a type that every object has'],
    ['{"type":"hello","cursor":"c","resumed":true,"credit":256}', 'a member too few'],
    ['{"type":"hello","cursor":"","resumed":true,"credit":1,"ack_timeout_ms":1}', 'no cursor'],
    ['{"type":"hello","cursor":"c","resumed":1,"credit":1,"ack_timeout_ms":1}', 'a number as flag'],
    [
      '{"type":"hello","cursor":"c","resumed":true,"credit":-1,"ack_timeout_ms":1}',
      'credit below 0',
    ],
    [
      '{"type":"hello","cursor":"c","resumed":true,"credit":1,"ack_timeout_ms":1,"gap":{}}',
      'a gap of no reason',
    ],
    ['{"type":"events","events":{}}', 'events that are no list'],
    ['{"type":"events","events":[null]}', 'an event that is null'],
    ['{"type":"events","events":[{"cursor":"c"}]}', 'a cursor without its event'],
    ['{"type":"events","events":[{"event":{}}]}', 'an event without its cursor'],
    ['{"type":"events","events":[{"cursor":"c","event":"e"}]}', 'a text as event'],
    ['{"type":"gap","reason":"forgotten"}', 'a gap without its cursor'],
    ['{"type":"goodbye","reason":"revoked","reconnect":false}', 'a goodbye that says not when'],
    [
      '{"type":"goodbye","reason":"revoked","reconnect":false,"after_ms":0.5}',
      'half a millisecond',
    ],
  ])('does not take %j: %s', (text) => {
    expect(decodeServerMessage(text, 'json')).toMatchObject({
      ok: false,
      failure: { code: 4400, message: expect.stringMatching(/^(the|a) /) },
    });
  });

  it.each([
    ['', 'nothing'],
    ['0a00', 'a hello of nothing'],
    ['12020a00', 'an event of nothing'],
    ['12050a030a0163', 'an event that has its cursor alone'],
    ['1a00', 'a gap of nothing'],
    ['2200', 'a goodbye of nothing'],
    ['0a05', 'less than its length says'],
    ['2a020801', 'a message that is unknown'],
    ['0801', 'a number where a message is due'],
  ])('does not take the bytes %j: %s', (hex) => {
    expect(decodeServerMessage(Buffer.from(hex, 'hex'), 'protobuf')).toMatchObject({
      ok: false,
      failure: { code: 4400 },
    });
  });

  it('passes over members that it does not know', () => {
    const json = JSON.stringify({ ...HELLO, region: 'weur' });
    expect(read(json, 'json')).toEqual(HELLO);
    const bytes = encodeServerMessage(HELLO, 'protobuf') as Uint8Array;
    expect(read(Uint8Array.of(...bytes, 0x7a, 0x01, 0x78), 'protobuf')).toEqual(HELLO);
  });

  it('reads an ArrayBuffer as the bytes in it', () => {
    const bytes = encodeServerMessage(HELLO, 'protobuf') as Uint8Array;
    expect(read(Uint8Array.from(bytes).buffer, 'protobuf')).toEqual(HELLO);
  });

  it('reads any text as a message or refuses it', () => {
    const anyJson = fc
      .json()
      .map((json) => `{"type":"events","events":[{"cursor":"c","event":${json}}]}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), anyJson), (text) => {
        expectMessageOrRefusal(text, 'json');
      }),
      { numRuns: 1000 },
    );
  });

  it('reads any bytes as a message or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expectMessageOrRefusal(bytes, 'protobuf');
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a message with single bytes wrong as a message or refuses it', () => {
    const wrongBytes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const message = fc.oneof(
      anyPlacedFrames.map((events) => encodeServerEvents(events, 'protobuf')),
      anyAnnouncement.map((each) => encodeServerMessage(each, 'protobuf')),
    ) as fc.Arbitrary<Uint8Array>;
    fc.assert(
      fc.property(message, wrongBytes, (bytes, wrong) => {
        for (const [at, byte] of wrong) bytes[at % bytes.length] = byte;
        expectMessageOrRefusal(bytes, 'protobuf');
      }),
      { numRuns: 2000 },
    );
  });
});

function read(data: string | ArrayBuffer | Uint8Array, encoding: Encoding): ServerMessage {
  const message = decodeServerMessage(data, encoding);
  if (!message.ok) throw new Error(`refused: ${message.failure.message}`);
  return message.value;
}

function expectMessageOrRefusal(data: string | Uint8Array, encoding: Encoding): void {
  const message = decodeServerMessage(data, encoding);
  if (message.ok) expect(message.value.type).toMatch(/^(hello|events|gap|goodbye)$/);
  else expect(message.failure).toEqual({ code: 4400, message: expect.any(String) });
}

function bytesOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
}
