import { describe, expect, it } from 'vitest';
import { leaseKeysOf } from '../../src/config/derived-keys.ts';
import type { Lease, Subscription } from '../../src/subscription/handshake.ts';
import { leaseAmong, openLease, signLease } from '../../src/subscription/lease.ts';

const SUBSCRIPTION: Subscription = {
  pattern: 'kv-v2/*',
  namespaces: ['team'],
  filter: '',
  protocol: 'carillon.v1',
  encoding: 'json',
};
const LEASE: Lease = { namespace: 'team@x', authority: '', token: 12, shownAt: 1_800_000_000_000 };
const OLD = Buffer.alloc(32, 'old').toString('base64');
const NEW = Buffer.alloc(32, 'new').toString('base64');

function signed(sourceKey = OLD, subscription = SUBSCRIPTION): string {
  const [key] = leaseKeysOf({ SOURCE_KEY: sourceKey });
  if (key === undefined) throw new Error('no key');
  return signLease(LEASE, subscription, key) ?? '';
}

describe('a lease', () => {
  it('says what was signed, in characters that a subprotocol may have', () => {
    expect(openLease(signed(), SUBSCRIPTION, leaseKeysOf({ SOURCE_KEY: OLD }))).toEqual(LEASE);
    expect(signed()).toMatch(/^carillon\.lease\.[\w.-]+$/);
    expect(leaseAmong(['carillon.v1.json', signed()])).toBe(signed());
    expect(leaseAmong(['carillon.v1.json'])).toBeUndefined();
  });

  it('stays valid while SOURCE_KEY is rotated, and ends with the old key', () => {
    const before = signed(OLD);
    expect(openLease(before, SUBSCRIPTION, leaseKeysOf({ SOURCE_KEY: `${NEW},${OLD}` }))).toEqual(
      LEASE,
    );
    expect(openLease(before, SUBSCRIPTION, leaseKeysOf({ SOURCE_KEY: NEW }))).toBeUndefined();
    expect(openLease(before, SUBSCRIPTION, leaseKeysOf({}))).toBeUndefined();
  });

  it.each<Partial<Subscription>>([
    { pattern: 'kv-v2/data-write' },
    { namespaces: ['team', 'team/*'] },
    { filter: 'operation == "data-write"' },
    { encoding: 'protobuf' },
    { protocol: 'stock' },
  ])('is not valid for a subscription with %j', (other) => {
    const keys = leaseKeysOf({ SOURCE_KEY: OLD });
    expect(openLease(signed(), { ...SUBSCRIPTION, ...other }, keys)).toBeUndefined();
  });

  it('is not made if it would be too long to be sent', () => {
    const [key] = leaseKeysOf({ SOURCE_KEY: OLD });
    if (key === undefined) throw new Error('no key');
    const long = { ...LEASE, namespace: 'n'.repeat(2048) };
    expect(signLease(long, SUBSCRIPTION, key)).toBeUndefined();
  });
});
