/** What a client of carillon.v1 sends, and how the server reads it. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeClientMessage } from '../../src/wire/carillon-v1/client-codecs.ts';
import { closeReason } from '../../src/wire/carillon-v1/close-codes.ts';
import type { ClientMessage } from '../../src/wire/carillon-v1/messages.ts';
import { decodeClientMessage } from '../../src/wire/carillon-v1/server-codec.ts';
import { decodeCursor } from '../../src/wire/cursor.ts';
import type { Encoding } from '../../src/wire/frame.ts';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_CREDIT } from '../../src/wire/limits.ts';
import { anyText } from './support/events.ts';
import { anyClientMessage } from './support/messages.ts';

const CURSOR = 'cc2.AAAAAQAAAAAAAAD_AAAAAAAAAAPT9bLJnxFC1cAK';
const ENCODINGS: readonly Encoding[] = ['json', 'protobuf'];

describe.each(ENCODINGS)('a message of a client in %s', (encoding) => {
  it('is read by the server as it was sent, a cursor as the place that it names', () => {
    fc.assert(
      fc.property(anyClientMessage, (message) => {
        expect(sent(message, encoding)).toEqual({
          ok: true,
          value:
            message.type === 'ack'
              ? { type: 'ack', cursor: decodeCursor(message.cursor) }
              : message,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('may ask for any credit up to the limit', () => {
    expect(sent({ type: 'credit', events: 1 }, encoding)).toMatchObject({ ok: true });
    expect(sent({ type: 'credit', events: MAX_CREDIT }, encoding)).toMatchObject({ ok: true });
  });

  it.each([0, MAX_CREDIT + 1, 0xffffffff])('may not ask for a credit of %d', (events) => {
    expect(sent({ type: 'credit', events }, encoding)).toEqual({
      ok: false,
      failure: {
        code: 4400,
        message: `a credit of ${events} events; it is a whole number from 1 to 10000`,
      },
    });
  });

  it.each(['', 'e1', 'cc1.', CURSOR.slice(0, -1), CURSOR.replace('2', '1'), `${CURSOR} `])(
    'may not acknowledge %j, which is no cursor',
    (cursor) => {
      expect(sent({ type: 'ack', cursor }, encoding)).toEqual({
        ok: false,
        failure: {
          code: 4402,
          message: `an ack of ${JSON.stringify(cursor)}, which is no cursor that this server made`,
        },
      });
    },
  );

  it('is too large with a byte more than it may have, whatever it says', () => {
    const fits = overlong(MAX_CLIENT_MESSAGE_BYTES, encoding);
    expect(decodeClientMessage(fits, encoding)).toMatchObject({ failure: { code: 4400 } });
    const tooLarge = overlong(MAX_CLIENT_MESSAGE_BYTES + 1, encoding);
    expect(decodeClientMessage(tooLarge, encoding)).toEqual({
      ok: false,
      failure: {
        code: 4401,
        message: 'the message is longer than the 1024 bytes that one may have',
      },
    });
  });

  it('is not of the protocol in the other kind of WebSocket message', () => {
    const other = encoding === 'json' ? 'protobuf' : 'json';
    const data = onTheWire({ type: 'credit', events: 1 }, other);
    const kind = encoding === 'json' ? 'a binary message' : 'a text message';
    expect(decodeClientMessage(data, encoding)).toEqual({
      ok: false,
      failure: { code: 4400, message: expect.stringContaining(kind) },
    });
  });
});

describe('the server', () => {
  it.each([
    ['', 'the message is not JSON'],
    ['{"type":"ack"', 'the message is not JSON'],
    ['null', 'a message is a JSON object, not null'],
    ['[{"type":"ack"}]', 'a message is a JSON object, not a list'],
    ['"ack"', 'a message is a JSON object, not a string'],
    ['{}', 'the message has no type; a client sends ack and credit'],
    ['{"type":"hello"}', 'the type of the message is "hello"; a client sends ack and credit'],
    ['{"type":["ack"]}', 'the type of the message is a list; a client sends ack and credit'],
    ['{"type":"ack"}', 'the cursor of an ack must be a string'],
    ['{"type":"ack","cursor":3}', 'the cursor of an ack must be a string'],
    ['{"type":"credit"}', 'the events of a credit must be a number'],
    ['{"type":"credit","events":"1"}', 'the events of a credit must be a number'],
    [
      '{"type":"credit","events":1.5}',
      'a credit of 1.5 events; it is a whole number from 1 to 10000',
    ],
    [
      '{"type":"credit","events":-1}',
      'a credit of -1 events; it is a whole number from 1 to 10000',
    ],
    [
      '{"type":"credit","events":1e400}',
      'a credit of Infinity events; it is a whole number from 1 to 10000',
    ],
  ])('refuses %j: %s', (text, message) => {
    expect(decodeClientMessage(text, 'json')).toEqual({
      ok: false,
      failure: { code: 4400, message },
    });
  });

  it.each([
    ['', 'the message has neither ack nor credit'],
    ['1a00', 'the message has neither ack nor credit'],
    ['0801', 'the message has neither ack nor credit'],
    ['0a', 'the message is no ClientMessage of carillon.v1'],
    ['0a0a', 'the message is no ClientMessage of carillon.v1'],
    ['0a030a01ff', 'the message is no ClientMessage of carillon.v1'],
    ['0f', 'the message is no ClientMessage of carillon.v1'],
    ['1200', 'a credit of 0 events; it is a whole number from 1 to 10000'],
  ])('refuses the bytes %j: %s', (hex, message) => {
    expect(decodeClientMessage(bufferOf(Buffer.from(hex, 'hex')), 'protobuf')).toEqual({
      ok: false,
      failure: { code: 4400, message },
    });
  });

  it('passes over members that it does not know', () => {
    const credit = { ok: true, value: { type: 'credit', events: 7 } };
    expect(decodeClientMessage('{"type":"credit","events":7,"bytes":1}', 'json')).toEqual(credit);
    const bytes = Buffer.from('1202080712021001', 'hex');
    expect(decodeClientMessage(bufferOf(bytes), 'protobuf')).toEqual(credit);
  });

  it('heeds the last of two messages in one', () => {
    const both = Buffer.from(`0a2e0a2c${Buffer.from(CURSOR).toString('hex')}12020807`, 'hex');
    expect(decodeClientMessage(bufferOf(both), 'protobuf')).toEqual({
      ok: true,
      value: { type: 'credit', events: 7 },
    });
  });

  it('reads any text as a message or refuses it', () => {
    const likely = fc
      .tuple(fc.constantFrom('ack', 'credit', 'hello'), fc.json(), fc.json())
      .map(([type, a, b]) => `{"type":"${type}","cursor":${a},"events":${b}}`);
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json(), likely), (text) => {
        expectMessageOrRefusal(text, 'json');
      }),
      { numRuns: 2000 },
    );
  });

  it('reads any bytes as a message or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expectMessageOrRefusal(bufferOf(bytes), 'protobuf');
      }),
      { numRuns: 2000 },
    );
  });

  it.each(ENCODINGS)(
    'reads a %s message with single bytes wrong as one or refuses it',
    (encoding) => {
      const wrongBytes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(anyClientMessage, wrongBytes, (message, wrong) => {
          const bytes = Buffer.from(encodeClientMessage(message, encoding) as string);
          for (const [at, byte] of wrong) bytes[at % bytes.length] = byte;
          expectMessageOrRefusal(
            encoding === 'json' ? bytes.toString() : bufferOf(bytes),
            encoding,
          );
        }),
        { numRuns: 2000 },
      );
    },
  );

  it('follows no nesting, however deep', () => {
    expectMessageOrRefusal('['.repeat(MAX_CLIENT_MESSAGE_BYTES), 'json');
    const groups = new Uint8Array(MAX_CLIENT_MESSAGE_BYTES).fill(0x1b);
    expectMessageOrRefusal(bufferOf(groups), 'protobuf');
  });
});

describe('the reason of a Close frame', () => {
  it('is the message where that fits', () => {
    expect(closeReason('the message is not JSON')).toBe('the message is not JSON');
    expect(closeReason('x'.repeat(123))).toBe('x'.repeat(123));
  });

  it('is cut to 123 bytes, and never within a character', () => {
    expect(closeReason('x'.repeat(124))).toBe('x'.repeat(123));
    expect(closeReason(`${'x'.repeat(122)}ü`)).toBe('x'.repeat(122));
    expect(closeReason(`${'x'.repeat(120)}😀`)).toBe('x'.repeat(120));
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const message = texts.join('');
        const reason = closeReason(message);
        expect(message.startsWith(reason)).toBe(true);
        expect(reason.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
      }),
      { numRuns: 500 },
    );
  });
});

function sent(message: ClientMessage, encoding: Encoding) {
  return decodeClientMessage(onTheWire(message, encoding), encoding);
}

/** The data of a WebSocket message, as the server is given it. */
function onTheWire(message: ClientMessage, encoding: Encoding): string | ArrayBuffer {
  const data = encodeClientMessage(message, encoding);
  return typeof data === 'string' ? data : bufferOf(data);
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function overlong(bytes: number, encoding: Encoding): string | ArrayBuffer {
  return encoding === 'json' ? `ü${' '.repeat(bytes - 2)}` : new ArrayBuffer(bytes);
}

function expectMessageOrRefusal(data: string | ArrayBuffer, encoding: Encoding): void {
  const message = decodeClientMessage(data, encoding);
  if (message.ok) expect(message.value.type).toMatch(/^(ack|credit)$/);
  else {
    expect([4400, 4401, 4402]).toContain(message.failure.code);
    expect(closeReason(message.failure.message)).not.toBe('');
  }
}
