import type { RestoreRecord } from '../../../objects/generation.ts';

/** A replica is never restored to an earlier state: it has nothing that its hub has not. */
export const NEVER_RESTORED: RestoreRecord = {
  isConfirmed: true,
  confirm: async () => undefined,
  begin: async () => undefined,
};
