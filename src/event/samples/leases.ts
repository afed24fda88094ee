/** Samples of the events of leases. Vault itself sends them, not a plugin, so they have no plugin info. */
import { nameOfType, type SampleEvent, textOf } from './sample.ts';

const CREDENTIALS = ['creds/app-readonly', 'creds/billing-writer', 'creds/reports'] as const;

const OPERATIONS: Readonly<Record<string, string>> = {
  expired: 'expire',
  issued: 'issue',
  renewed: 'renew',
  revoked: 'revoke',
};

/** The characters of the last segment of a lease id. */
const LEASE_CHARACTERS = 24;
const BASE_62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The lease of a number is the same for all types: what is issued can be renewed, and revoked. */
export function leaseSample(eventType: string, number: number, mount: string): SampleEvent {
  const path = `${mount}/${textOf(CREDENTIALS, number)}`;
  return {
    event_type: eventType,
    metadata: {
      lease_id: `${path}/${leaseOf(number)}`,
      modified: 'true',
      operation: OPERATIONS[nameOfType(eventType)] ?? '',
      path,
    },
  };
}

/** Text that looks random, and depends only on the number. */
function leaseOf(number: number): string {
  let state = number + 1;
  let text = '';
  for (let length = 0; length < LEASE_CHARACTERS; length++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += BASE_62[Math.floor((state / 2 ** 32) * BASE_62.length)];
  }
  return text;
}
