/** Checks where a destination delivers to, beyond the form of its settings: before it is written, and before it is resumed. */

import type { Agreement } from '../../../destination/agreement.ts';
import type { TargetSettings } from '../../../destination/settings.ts';
import { ok, type Result } from '../../../lib/result.ts';
import type { Call } from '../../endpoint-types.ts';

export interface CheckedTarget {
  readonly warnings: readonly string[];
  /** Undefined if there was no handshake. */
  readonly agreement: Agreement | undefined;
}

export async function checkTarget(
  _call: Call,
  _target: TargetSettings,
): Promise<Result<CheckedTarget>> {
  return ok({ warnings: [], agreement: undefined });
}
