import fc from 'fast-check';
import type { Cursor } from '../../../src/wire/cursor.ts';

/** Any place in any journal. */
export const anyCursor: fc.Arbitrary<Cursor> = fc.record({
  hub: fc.nat(0xffffffff),
  epoch: fc.stringMatching(/^[0-9a-f]{16}$/),
  sequence: fc.maxSafeNat(),
});
