import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../src/event/event.ts';
import { hopsOf, parseHops, whyTooManyHops } from '../../src/event/hops.ts';
import { accepted, failureOf } from './support/result.ts';

describe('the header Carillon-Hops', () => {
  it.each([
    [null, 0],
    ['0', 0],
    ['4', 4],
    ['999', 999],
  ])('%j is %s', (header, hops) => {
    expect(accepted(parseHops(header))).toBe(hops);
  });

  it.each(['', ' ', '-1', '+1', '1.0', '1e1', '0x1', '1, 2', '1000', 'one', '１'])(
    '%j is refused',
    (header) => {
      expect(failureOf(parseHops(header)).message).toContain('must be one whole number');
    },
  );

  it('allows four destinations', () => {
    expect(whyTooManyHops(4)).toBeUndefined();
    expect(whyTooManyHops(5)).toContain('have passed 5 destinations');
  });
});

function metadataOf(metadata: unknown, hops?: number) {
  const body = { event_type: 'deploy/finished', ...(metadata !== undefined && { metadata }) };
  const defaults = { newId: () => 'id', now: 0, source: 'vault://a', namespace: '' };
  const event = accepted(checkEvent(body, { ...defaults, ...(hops !== undefined && { hops }) }));
  return event.metadata;
}

describe('the metadata of an event', () => {
  it('says how many destinations it has passed, and nothing if none', () => {
    expect(metadataOf(undefined)).toBeUndefined();
    expect(metadataOf({ path: 'a' }, 0)).toEqual({ path: 'a' });
    expect(metadataOf(undefined, 2)).toEqual({ carillon_hops: '2' });
    expect(metadataOf({ path: 'a' }, 2)).toEqual({ path: 'a', carillon_hops: '2' });
  });

  it('never says fewer than the request or the publisher does', () => {
    expect(metadataOf({ carillon_hops: '1' }, 2)).toEqual({ carillon_hops: '2' });
    expect(metadataOf({ carillon_hops: '3' }, 2)).toEqual({ carillon_hops: '3' });
    expect(metadataOf({ carillon_hops: '3' })).toEqual({ carillon_hops: '3' });
  });

  it.each([3, '-1', '1.5', 'many', null, {}, '1000'])(
    'counts %j as none, which a publisher may have written there',
    (value) => {
      expect(hopsOf({ carillon_hops: value })).toBe(0);
      expect(metadataOf({ carillon_hops: value }, 1)).toEqual({ carillon_hops: '1' });
    },
  );
});
