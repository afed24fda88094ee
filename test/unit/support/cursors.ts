import fc from 'fast-check';
import { HmacSha256 } from '../../../src/lib/hmac-sha256.ts';
import { CURSOR_KEY_BYTES, type Cursor } from '../../../src/wire/cursor.ts';

const BYTES = Uint8Array.from({ length: CURSOR_KEY_BYTES }, (_, i) => i);

/** The key of a hub. */
export const KEY = new HmacSha256(BYTES);

/** That of another hub. */
export const OTHER_KEY = new HmacSha256(BYTES.with(31, 0));

/** Any place in any journal. */
export const anyCursor: fc.Arbitrary<Cursor> = fc.record({
  hub: fc.nat(0xffffffff),
  epoch: fc.stringMatching(/^[0-9a-f]{16}$/),
  sequence: fc.maxSafeNat(),
});
