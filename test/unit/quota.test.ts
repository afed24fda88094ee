/** The text and the limits of quotas. */
import { describe, expect, it } from 'vitest';
import { overQuota, quotaMessage, readQuota } from '../../src/namespace/quota.ts';

describe('a refusal by a quota', () => {
  it('names the namespace by its path, the limit, its value and when to try again', () => {
    const refusal = overQuota('team-a@fk3Q9/prod@Zx81b', 'events_per_second', 500, 2);
    expect(refusal).toEqual({
      namespace: 'team-a/prod',
      limit: 'events_per_second',
      value: 500,
      retryAfterSeconds: 2,
    });
    expect(quotaMessage(refusal)).toBe(
      'the quota of namespace "team-a/prod" is exceeded: it allows 500 events a second (events_per_second); try again in 2 s',
    );
  });

  it('says no time that nobody knows', () => {
    const refusal = overQuota('team-a@fk3Q9', 'sources', 2);
    expect(refusal).not.toHaveProperty('retryAfterSeconds');
    expect(quotaMessage(refusal)).toBe(
      'the quota of namespace "team-a" is exceeded: it allows 2 sources (sources)',
    );
  });
});

it('a limit of 0 does not limit', () => {
  expect(readQuota({ hubs: 0, sources: '3' })).toEqual({ ok: true, value: { sources: 3 } });
  expect(readQuota({ hubs: 0 })).toMatchObject({ ok: false });
});
