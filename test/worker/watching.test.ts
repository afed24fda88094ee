/** How a hub learns of changes when words are lost, late, or overtake each other. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { MAX_JOB_BACKOFF_MS, MAX_JOBS_AT_ONCE } from '../../src/authority/limits.ts';
import { AuthoritySync } from '../../src/hub/authority-sync/authority-sync.ts';
import {
  MAX_CALL_ATTEMPTS,
  MAX_DECISION_AGE_MS,
  MAX_NOTICES,
  MIN_JOB_BACKOFF_MS,
} from '../../src/objects/limits.ts';
import { it } from './fixtures.ts';
import {
  aGate,
  aHolder,
  authority,
  closedPromptly,
  hubOf,
  LISTENER,
  listenerOn,
  losePushes,
  on,
  retry,
  root,
  sql,
  told,
  until,
} from './security-support.ts';

const CLOSED = { code: 1000, reason: '' };

/** Lets a hub have heard nothing of its authorities for so long. */
async function age(pattern: string, ms: number): Promise<void> {
  await sql(hubOf(pattern), 'UPDATE authorities SET confirmed_at = confirmed_at - ?', ms);
  await evictDurableObject(hubOf(pattern));
}

describe.each(['abc', '*'])('a push to the hub of a subscription to %s', (pattern) => {
  it('that fails is repeated until it is heard', async ({ holder }) => {
    const subscriber = await holder.subscribe(pattern);
    const pushes = losePushes(3);
    await holder.writes('auth/token/revoke-self');
    await until(() => pushes() === 1);
    await retry(pushes);
    expect(subscriber.socket.readyState).toBe(WebSocket.OPEN);
    while (pushes() < 4) await retry(pushes);
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
    await told();
  });

  it('is repeated by an authority that was evicted meanwhile', async ({ holder }) => {
    const subscriber = await holder.subscribe(pattern);
    const pushes = losePushes(1);
    await holder.writes('auth/token/revoke-self');
    await until(() => pushes() === 1);
    await evictDurableObject(authority());
    await retry(pushes);
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });
});

it('a push is sure to be repeated before it is tried: whoever tries may not live to see it fail', async ({
  holder,
}) => {
  const subscriber = await holder.subscribe('abc');
  const gate = aGate();
  const real = AuthoritySync.prototype.authorityChanged;
  vi.spyOn(AuthoritySync.prototype, 'authorityChanged').mockImplementation(async function (
    this: AuthoritySync,
    ...word
  ) {
    await gate.passed();
    return real.apply(this, word);
  });
  await holder.writes('auth/token/revoke-self');
  await until(gate.reached);
  const alarm = await runInDurableObject(authority(), (_authority, { storage }) =>
    storage.getAlarm(),
  );
  gate.open();
  expect(alarm).not.toBeNull();
  expect(alarm).toBeLessThan(Date.now() + 2 * MAX_JOB_BACKOFF_MS);
  expect(await closedPromptly(subscriber)).toEqual(CLOSED);
});

it('a push that fails after the next change is repeated soon, and not at the longest back-off', async () => {
  const [first, second] = [await aHolder(LISTENER), await aHolder(LISTENER)];
  await first.subscribe('abc');
  await second.subscribe('abc');
  const gate = aGate();
  vi.spyOn(AuthoritySync.prototype, 'authorityChanged').mockImplementation(async () => {
    await gate.passed();
    throw new Error('the hub is down');
  });
  await first.writes('auth/token/revoke-self');
  await until(gate.reached);
  await second.writes('auth/token/revoke-self');
  gate.open();
  await vi.waitFor(async () => {
    const [job] = await sql<{ due_at: number; attempts: number }>(
      authority(),
      'SELECT due_at, attempts FROM jobs',
    );
    expect(job?.attempts).toBeGreaterThan(0);
    expect(job?.due_at).toBeLessThan(Date.now() + MAX_JOB_BACKOFF_MS / 4);
  });
});

it('a push that fails is repeated less and less often, and never less than twice a minute', async ({
  holder,
}) => {
  await holder.subscribe('abc');
  const pushes = losePushes(Infinity);
  await holder.writes('auth/token/revoke-self');
  await until(() => pushes() === 1);
  const waits = [];
  for (const attempts of [1, 4, 20]) {
    await sql(authority(), 'UPDATE jobs SET attempts = ?', attempts);
    const before = Date.now();
    await retry(pushes);
    waits.push(
      await vi.waitFor(async () => {
        const [job] = await sql<{ due_at: number; attempts: number }>(
          authority(),
          'SELECT due_at, attempts FROM jobs',
        );
        expect(job?.attempts).toBe(attempts + 1);
        return (job?.due_at ?? 0) - before;
      }),
    );
  }
  const [first = 0, second = 0, third = 0] = waits;
  expect(first).toBeGreaterThanOrEqual(2 * MIN_JOB_BACKOFF_MS);
  expect(second).toBeGreaterThanOrEqual(16 * MIN_JOB_BACKOFF_MS);
  expect(third).toBeGreaterThanOrEqual(MAX_JOB_BACKOFF_MS);
  expect(third).toBeLessThan(MAX_JOB_BACKOFF_MS + 5000);
});

describe.each(['abc', '*'])('while no push gets through, a subscription to %s', (pattern) => {
  it('is decided anew before the first event after the age of decisions', async () => {
    const [going, staying] = [await aHolder(LISTENER), await aHolder(LISTENER)];
    const [leaving, other] = [await going.subscribe(pattern), await staying.subscribe(pattern)];
    losePushes(Infinity);
    await going.writes('auth/token/revoke-self');

    await age(pattern, MAX_DECISION_AGE_MS - 10_000);
    const early = await root.published('abc', on('secret/a'));
    expect(await leaving.nextId()).toBe(early);
    await age(pattern, 10_001);
    const late = await root.published('abc', on('secret/a'));
    expect(await closedPromptly(leaving)).toEqual(CLOSED);
    expect([await other.nextId(), await other.nextId()]).toEqual([early, late]);
    expect(await Promise.race([leaving.next(), scheduler.wait(20)])).toBeUndefined();
  });

  it('is under its changed policy from the first event after the age of decisions', async () => {
    const holder = await aHolder(listenerOn('secret/a', 'secret/b'));
    const subscriber = await holder.subscribe(pattern);
    losePushes(Infinity);
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: listenerOn('secret/b') });
    await age(pattern, MAX_DECISION_AGE_MS + 1);
    await root.published('abc', on('secret/a'));
    const id = await root.published('abc', on('secret/b'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('and when the authority does not answer either, ends with 1013 before the event', async ({
    holder,
  }) => {
    const subscribers = [await holder.subscribe(pattern), await holder.subscribe(pattern)];
    const rootSubscriber = await root.subscribe(pattern);
    losePushes(Infinity);
    vi.spyOn(Authority.prototype, 'pullChanges').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    await age(pattern, MAX_DECISION_AGE_MS + 1);
    const ids = [];
    for (const path of ['secret/a', 'secret/b']) ids.push(await root.published('abc', on(path)));
    for (const subscriber of subscribers) {
      expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
      expect(await Promise.race([subscriber.next(), scheduler.wait(20)])).toBeUndefined();
    }
    // No authority knows the root token.
    for (const id of ids) expect(await rootSubscriber.nextId()).toBe(id);

    vi.restoreAllMocks();
    const back = await holder.subscribe(pattern);
    ids.push(await root.published('abc', on('secret/a')));
    for (const id of ids) expect(await back.nextId()).toBe(id);
  });

  it('goes on when the authority answers at a later attempt of the same question', async ({
    holder,
  }) => {
    const subscriber = await holder.subscribe(pattern);
    const real = Authority.prototype.pullChanges;
    let failures = 0;
    vi.spyOn(Authority.prototype, 'pullChanges').mockImplementation(function (
      this: Authority,
      ...question
    ) {
      if (++failures < MAX_CALL_ATTEMPTS) {
        throw Object.assign(new Error('moving'), { retryable: true });
      }
      return real.apply(this, question);
    });
    await age(pattern, MAX_DECISION_AGE_MS + 1);
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });
});

it('a hub is told of more changes than one answer holds', async ({ holder }) => {
  const subscriber = await holder.subscribe('abc');
  const pushes = losePushes(1);
  // What nobody is concerned by any more comes before what closes the socket.
  await sql(
    authority(),
    `INSERT INTO notices (hub, policy)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT '/abc', 'gone-' || i FROM n`,
    2 * MAX_NOTICES + 1,
  );
  await holder.writes('auth/token/revoke-self');
  await until(() => pushes() === 1);
  await retry(pushes);
  expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  await told();
});

it('an authority sees to more jobs than it tries in one go', async () => {
  await sql(
    authority(),
    `INSERT INTO jobs (kind, target, revision, attempts, due_at)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT 'revoke', i || ' gone@x', 1, 0, 0 FROM n`,
    MAX_JOBS_AT_ONCE + 50,
  );
  const calls = vi.spyOn(Authority.prototype, 'revokeForeignChildren');
  await runDurableObjectAlarm(authority());
  // A change that comes while they wait is not held up by them.
  const holder = await aHolder(LISTENER);
  const subscriber = await holder.subscribe('abc');
  await holder.writes('auth/token/revoke-self');
  expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(authority());
    expect(await sql(authority(), 'SELECT * FROM jobs')).toEqual([]);
  }, 5000);
  expect(calls).toHaveBeenCalledTimes(MAX_JOBS_AT_ONCE + 50);
});
