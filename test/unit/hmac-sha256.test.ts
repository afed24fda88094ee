import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacSha256 } from '../../src/lib/hmac-sha256.ts';

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('HMAC-SHA-256', () => {
  it('is that of RFC 4231, test case 2', () => {
    const key = new HmacSha256(Buffer.from('Jefe'));
    expect(hexOf(key.sign(Buffer.from('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('is that of Node, also of one message after another with the same key', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), messages, (bytes, all) => {
        const key = new HmacSha256(bytes);
        for (const message of all) {
          const expected = createHmac('sha256', bytes).update(message).digest('hex');
          expect(hexOf(key.sign(message))).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });
});
