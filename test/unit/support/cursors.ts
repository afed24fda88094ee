import fc from 'fast-check';
import { CURSOR_KEY_BYTES, type Cursor } from '../../../src/wire/cursor.ts';

/** The key of a hub. */
export const KEY = Uint8Array.from({ length: CURSOR_KEY_BYTES }, (_, i) => i);

/** Any place in any journal. */
export const anyCursor: fc.Arbitrary<Cursor> = fc.record({
  hub: fc.nat(0xffffffff),
  epoch: fc.stringMatching(/^[0-9a-f]{16}$/),
  sequence: fc.maxSafeNat(),
});
