import type { Bundle } from '../../src/cli/dev/bundle.ts';

/** What is measured. */
export interface Side {
  readonly name: string;
  readonly kind: 'carillon' | 'raw' | 'ws' | 'party';
  /** Of what runs in workerd. */
  readonly bundle?: Bundle;
}
