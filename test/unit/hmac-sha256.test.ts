import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacSha256 } from '../../src/lib/hmac-sha256.ts';

/** The bytes of words in the order of the network. */
function bytesOf(words: Int32Array): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, 4 * index);
  return bytes;
}

function signedByNode(key: Uint8Array, message: Int32Array): string {
  return createHmac('sha256', key).update(bytesOf(message)).digest('hex');
}

describe('HMAC-SHA-256', () => {
  it('is that of RFC 4231, test case 2', () => {
    const key = new HmacSha256(Buffer.from('Jefe'));
    const message = Buffer.from('what do ya want for nothing?');
    const words = Int32Array.from({ length: 7 }, (_, i) => message.readInt32BE(4 * i));
    expect(bytesOf(key.sign(words)).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('is that of Node for each key and message that fit a block', () => {
    const anyKey = fc.uint8Array({ maxLength: 64 });
    const anyMessage = fc.int32Array({ maxLength: 13 });
    fc.assert(
      fc.property(anyKey, fc.array(anyMessage, { minLength: 1 }), (bytes, messages) => {
        const key = new HmacSha256(bytes);
        for (const message of messages) {
          const digest = bytesOf(key.sign(message)).toString('hex');
          expect(digest).toBe(signedByNode(bytes, message));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not computed of what does not fit a block', () => {
    expect(() => new HmacSha256(new Uint8Array(65))).toThrow(RangeError);
    expect(() => new HmacSha256(new Uint8Array(32)).sign(new Int32Array(14))).toThrow(RangeError);
  });
});
