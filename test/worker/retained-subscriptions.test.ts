/** What those who have left can still come back for, however many have left. */
import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { RetainedSubscriptions } from '../../src/hub/feeds/at-wildcard-hub/retained-subscriptions.ts';
import { MAX_RETAINED_SUBSCRIPTIONS } from '../../src/hub/limits.ts';
import { WILDCARD_HUB_SCHEMA } from '../../src/hub/schema.ts';
import { hubName } from '../../src/objects/names.ts';
import { it } from './fixtures.ts';
import { createTables, handshakeTo, wildcardHubStub } from './support.ts';

const MAX_AGE_MS = 60_000;

it('one who comes and leaves with more patterns than are told apart makes nobody lose events', async () => {
  await runInDurableObject(wildcardHubStub(), (_hub, { storage }) => {
    createTables(storage, WILDCARD_HUB_SCHEMA);
    const interests = new RetainedSubscriptions(storage.sql, MAX_AGE_MS);
    const leave = (pattern: string, now: number) =>
      interests.add(handshakeTo(pattern).subscription, now);
    leave('victim/*', 0);
    expect(interests.wantsEventsOf(hubName('', 'other'), 0)).toBe(false);
    for (let i = 0; i < 3 * MAX_RETAINED_SUBSCRIPTIONS; i++) leave(`junk${i}/*`, 1 + i);
    const last = 3 * MAX_RETAINED_SUBSCRIPTIONS;
    const rows = () => storage.sql.exec('SELECT * FROM retained_subscriptions').toArray().length;
    expect(rows()).toBeLessThanOrEqual(MAX_RETAINED_SUBSCRIPTIONS);
    for (const each of [interests, new RetainedSubscriptions(storage.sql, MAX_AGE_MS)]) {
      expect(each.wantsEventsOf(hubName('', 'victim'), last)).toBe(true);
      expect(each.wantsEventsOf(hubName('team.1', 'victim'), last)).toBe(true);
    }
    expect(interests.wantsEventsOf(hubName('', 'victim'), last + MAX_AGE_MS)).toBe(false);
    expect(rows()).toBe(0);
    leave('victim/*', last + MAX_AGE_MS);
    expect(interests.wantsEventsOf(hubName('', 'other'), last + MAX_AGE_MS)).toBe(false);
  });
});
