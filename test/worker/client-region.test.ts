/** The region of a request: what Cloudflare says, or on the local server a header. */
import { expect } from 'vitest';
import { shardingOf } from '../../src/config/sharding.ts';
import type { Variables } from '../../src/config/variables.ts';
import { clientRegion } from '../../src/http/client-region.ts';
import { it } from './fixtures.ts';

function regionOf(cf: object | undefined, header: string | undefined, variables: Variables = {}) {
  const headers = new Headers(header === undefined ? {} : { 'X-Carillon-Region': header });
  const config = { sharding: shardingOf(variables) };
  const context = { req: { raw: { cf, headers } }, env: variables, get: () => config };
  return clientRegion(context as unknown as Parameters<typeof clientRegion>[0]);
}

const LOCAL = { REGION_HEADER: 'X-Carillon-Region' };
const SYDNEY = { continent: 'OC', country: 'AU', longitude: '151.20930' };

it('is what Cloudflare says', () => {
  expect(regionOf(SYDNEY, undefined)).toBe('oc');
  expect(regionOf({}, undefined)).toBe('any');
});

it('is never what a client says that comes through the network of Cloudflare', () => {
  for (const variables of [{}, LOCAL]) {
    expect(regionOf(SYDNEY, 'weur', variables)).toBe('oc');
    expect(regionOf({ colo: 'FRA' }, 'weur', variables)).toBe('any');
  }
});

it('is what a client says to the local server, if the operator wants that', () => {
  expect(regionOf(undefined, 'weur', LOCAL)).toBe('weur');
  expect(regionOf(undefined, 'weur')).toBe('any');
  for (const other of [undefined, '', 'berlin', 'any']) {
    expect(regionOf(undefined, other, LOCAL)).toBe('any');
  }
});

it('counts as unknown if no shards may stand there', () => {
  expect(regionOf(SYDNEY, undefined, { SHARD_REGIONS: 'weur' })).toBe('any');
  expect(regionOf(SYDNEY, undefined, { JURISDICTION: 'eu' })).toBe('any');
  expect(regionOf(SYDNEY, undefined, { SHARD_REGIONS: 'weur, oc' })).toBe('oc');
});

it('is not sent if no hub gets shards', () => {
  expect(regionOf(SYDNEY, undefined, { SHARD_AT_SOCKETS: '0' })).toBeUndefined();
});
