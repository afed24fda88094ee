/** How a hub learns of changes when words are lost, late, or overtake each other. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { Hub } from '../../src/hub/hub.ts';
import { SubscriberHub } from '../../src/hub/subscriber-hub.ts';
import {
  MAX_CALL_ATTEMPTS,
  MAX_DECISION_AGE_MS,
  MAX_JOB_BACKOFF_MS,
  MAX_JOBS_AT_ONCE,
  MAX_NOTICES,
  MIN_JOB_BACKOFF_MS,
} from '../../src/limits.ts';
import {
  aHolder,
  authority,
  type Client,
  closedPromptly,
  granting,
  type Holder,
  hubOf,
  LISTENER,
  listenerOn,
  on,
  root,
  sql,
  startAnew,
  told,
} from './security-support.ts';
import { breakTable, repair, Subscriber } from './support.ts';

vi.setConfig({ testTimeout: 10_000 });
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(startAnew);

const CLOSED = { code: 1000, reason: '' };

/** Makes pushes to hubs fail so many times. @returns how many were tried */
function losePushes(times: number): () => number {
  const real = SubscriberHub.prototype.changed;
  let pushes = 0;
  vi.spyOn(SubscriberHub.prototype, 'changed').mockImplementation(async function (
    this: SubscriberHub,
    ...word
  ) {
    if (++pushes <= times) throw new Error('the hub is down');
    return real.apply(this, word);
  });
  return () => pushes;
}

/** The time has come for what an authority tries again; returns when it was tried. */
async function retry(pushes: () => number): Promise<void> {
  const tried = pushes();
  await vi.waitFor(async () => {
    // An attempt that is under way writes down when the next is due.
    await sql(authority(), 'UPDATE jobs SET due_at = 0');
    await runDurableObjectAlarm(authority());
    expect(pushes()).toBeGreaterThan(tried);
  });
}

/** Lets a hub have heard nothing of its authorities for so long. */
async function age(pattern: string, ms: number): Promise<void> {
  await sql(hubOf(pattern), 'UPDATE authorities SET confirmed_at = confirmed_at - ?', ms);
}

/** Something that is held up until it is let go; objects cannot await each other's promises. */
function aGate(): { open: () => void; passed: () => Promise<void>; reached: () => boolean } {
  let isOpen = false;
  let isReached = false;
  return {
    open: () => {
      isOpen = true;
    },
    passed: async () => {
      isReached = true;
      while (!isOpen) await scheduler.wait(1);
    },
    reached: () => isReached,
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await scheduler.wait(1);
}

describe.each(['abc', '*'])('a push to the hub of a subscription to %s', (pattern) => {
  it('that fails is repeated until it is heard', async () => {
    const holder = await aHolder(LISTENER);
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

  it('is repeated by an authority that was evicted meanwhile', async () => {
    const holder = await aHolder(LISTENER);
    const subscriber = await holder.subscribe(pattern);
    const pushes = losePushes(1);
    await holder.writes('auth/token/revoke-self');
    await until(() => pushes() === 1);
    await evictDurableObject(authority());
    await retry(pushes);
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });
});

it('a push is sure to be repeated before it is tried: whoever tries may not live to see it fail', async () => {
  const holder = await aHolder(LISTENER);
  const subscriber = await holder.subscribe('abc');
  const gate = aGate();
  const real = SubscriberHub.prototype.changed;
  vi.spyOn(SubscriberHub.prototype, 'changed').mockImplementation(async function (
    this: SubscriberHub,
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

it('a push that fails is repeated less and less often, and never less than twice a minute', async () => {
  const holder = await aHolder(LISTENER);
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

  it('and when the authority does not answer either, ends with 1013 before the event', async () => {
    const holder = await aHolder(LISTENER);
    const subscribers = [await holder.subscribe(pattern), await holder.subscribe(pattern)];
    const rootSubscriber = await root.subscribe(pattern);
    losePushes(Infinity);
    vi.spyOn(Authority.prototype, 'changes').mockImplementation(() => {
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
    const id = await root.published('abc', on('secret/a'));
    expect(await back.nextId()).toBe(id);
  });

  it('goes on when the authority answers at a later attempt of the same question', async () => {
    const holder = await aHolder(LISTENER);
    const subscriber = await holder.subscribe(pattern);
    const real = Authority.prototype.changes;
    let failures = 0;
    vi.spyOn(Authority.prototype, 'changes').mockImplementation(function (
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

it('a hub is told of more changes than one answer holds', async () => {
  const holder = await aHolder(LISTENER);
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

describe('a hub that watches', () => {
  it('is not there before the authority knows of it', async () => {
    const holder = await aHolder(LISTENER);
    const real = Authority.prototype.watch;
    const watched: string[] = [];
    vi.spyOn(Authority.prototype, 'watch').mockImplementation(function (this: Authority, ...asked) {
      watched.push(asked[1]);
      return real.apply(this, asked);
    });
    await holder.subscribe('abc');
    await holder.subscribe('*');
    expect(watched).toEqual(['/abc', '/']);
  });

  it('refuses the handshake when the authority does not answer', async () => {
    const holder = await aHolder(LISTENER);
    vi.spyOn(Authority.prototype, 'watch').mockImplementation(() => {
      throw new Error('the authority is down');
    });
    expect((await holder.handshake('abc')).status).toBe(503);
  });

  it('refuses the handshake of a token that was revoked after the Worker looked it up', async () => {
    const holder = await aHolder(LISTENER);
    const real = Authority.prototype.watch;
    vi.spyOn(Authority.prototype, 'watch').mockImplementation(function (this: Authority, ...asked) {
      this.revoke({ digest: asked[0][0] ?? '' });
      return real.apply(this, asked);
    });
    expect((await holder.handshake('abc')).status).toBe(403);
  });

  it('refuses the handshake of a token that is revoked while hubs are told to feed it', async () => {
    const holder = await aHolder(LISTENER);
    await root.published('abc');
    const gate = aGate();
    const real = Hub.prototype.gather;
    vi.spyOn(Hub.prototype, 'gather').mockImplementation(async function (
      this: Hub,
      ...word: Parameters<typeof real>
    ) {
      await gate.passed();
      return real.apply(this, word);
    } as unknown as typeof real);
    const handshake = holder.handshake('*');
    await until(gate.reached);
    await root.writes('auth/token/revoke', { token: holder.token });
    await told();
    gate.open();
    expect((await handshake).status).toBe(403);
  });

  it('refuses the handshake of a token whose policy changes while hubs are told to feed it', async () => {
    const holder = await aHolder(LISTENER);
    await root.published('abc');
    const gate = aGate();
    const real = Hub.prototype.gather;
    vi.spyOn(Hub.prototype, 'gather').mockImplementation(async function (
      this: Hub,
      ...word: Parameters<typeof real>
    ) {
      await gate.passed();
      return real.apply(this, word);
    } as unknown as typeof real);
    const handshake = holder.handshake('*');
    await until(gate.reached);
    await root.writes(`sys/policies/acl/${holder.policy}`, {
      policy: granting({ 'secret/*': 'list subscribe' }),
    });
    await told();
    gate.open();
    expect((await handshake).status).toBe(403);
  });

  it('takes the handshake of a token that is renewed while hubs are told to feed it', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h' });
    await root.published('abc');
    const gate = aGate();
    const real = Hub.prototype.gather;
    vi.spyOn(Hub.prototype, 'gather').mockImplementation(async function (
      this: Hub,
      ...word: Parameters<typeof real>
    ) {
      await gate.passed();
      return real.apply(this, word);
    } as unknown as typeof real);
    const handshake = holder.handshake('*');
    await until(gate.reached);
    await root.writes('auth/token/renew', { token: holder.token, increment: '2h' });
    await told();
    gate.open();
    const { status, webSocket } = await handshake;
    expect(status).toBe(101);
    const subscriber = new Subscriber(webSocket as WebSocket);
    await root.writes('auth/token/revoke', { token: holder.token });
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });

  it.each([
    ['its token', (token: string) => root.writes('auth/token/revoke', { token })],
    [
      'its policy',
      (_token: string, policy: string) =>
        root.writes(`sys/policies/acl/${policy}`, { policy: granting({ 'secret/*': 'list' }) }),
    ],
  ])(
    'is told of %s though it said, before it came back, that it needs no telling',
    async (_what, end) => {
      const holder = await aHolder(LISTENER, { ttl: '1h' });
      const first = await holder.subscribe('abc');
      first.socket.close(1000);
      await first.closed;

      // The hub has nobody by this token, says so when it is told of a change, and the word is late.
      const gate = aGate();
      const real = Authority.prototype.forget;
      vi.spyOn(Authority.prototype, 'forget').mockImplementation(async function (
        this: Authority,
        ...word: Parameters<typeof real>
      ) {
        await gate.passed();
        return real.apply(this, word);
      } as unknown as typeof real);
      await root.writes('auth/token/renew', { token: holder.token, increment: '2h' });
      await root.writes(`sys/policies/acl/${holder.policy}`, { policy: `${LISTENER}\n` });
      await told();
      const subscribing = holder.subscribe('abc');
      await Promise.race([subscribing, scheduler.wait(50)]);
      gate.open();
      const subscriber = await subscribing;
      await told();

      await end(holder.token ?? '', holder.policy);
      expect(await closedPromptly(subscriber)).toEqual(CLOSED);
    },
  );

  it('is told though its word that it needs no telling was lost, and arrives after it came back', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h' });
    const first = await holder.subscribe('abc');
    first.socket.close(1000);
    await first.closed;
    // Somebody else keeps the hub in touch with the authority.
    await (await aHolder(LISTENER)).subscribe('abc');

    const gate = aGate();
    let hasArrived = false;
    const real = Authority.prototype.forget;
    vi.spyOn(Authority.prototype, 'forget').mockImplementationOnce(function (
      this: Authority,
      ...word: Parameters<typeof real>
    ) {
      void gate.passed().then(() => {
        real.apply(this, word);
        hasArrived = true;
      });
      throw new Error('the connection was lost');
    });
    await root.writes('auth/token/renew', { token: holder.token, increment: '2h' });
    await until(gate.reached);
    const subscriber = await holder.subscribe('abc');
    gate.open();
    await until(() => hasArrived);

    await holder.writes('auth/token/revoke-self');
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });

  it('is told though its answer, before it came back, that it watches nothing comes late', async () => {
    const holder = await aHolder(LISTENER);
    const first = await holder.subscribe('abc');
    first.socket.close(1000);
    await first.closed;
    await sql(hubOf('abc'), 'DELETE FROM authorities');

    const gate = aGate();
    const real = SubscriberHub.prototype.changed;
    vi.spyOn(SubscriberHub.prototype, 'changed').mockImplementation(async function (
      this: SubscriberHub,
      ...word
    ) {
      const answer = await real.apply(this, word);
      if (!gate.reached()) await gate.passed();
      return answer;
    });
    await root.writes(`sys/policies/acl/${holder.policy}`, { policy: `${LISTENER}\n` });
    await until(gate.reached);
    const subscribing = holder.subscribe('abc');
    await Promise.race([subscribing, scheduler.wait(50)]);
    gate.open();
    const subscriber = await subscribing;
    await told();

    await holder.writes('auth/token/revoke-self');
    expect(await closedPromptly(subscriber)).toEqual(CLOSED);
  });

  it('leaves nothing at the authority once its subscribers and their tokens are gone', async () => {
    const holders = await Promise.all([1, 2, 3].map(() => aHolder(LISTENER)));
    for (const holder of holders) await holder.subscribe('abc');
    for (const holder of holders) await holder.writes('auth/token/revoke-self');
    for (const { policy } of holders) await root.removes(`sys/policies/acl/${policy}`);
    await told();
    await vi.waitFor(async () => {
      expect(await sql(authority(), "SELECT * FROM watches WHERE hub = '/abc'")).toEqual([]);
      expect(await sql(authority(), "SELECT * FROM notices WHERE hub = '/abc'")).toEqual([]);
    });
  });

  it('leaves nothing at the authority once its subscribers are gone, when that has news', async () => {
    const holder = await aHolder(LISTENER, { ttl: '1h' });
    const subscriber = await holder.subscribe('abc');
    subscriber.socket.close(1000);
    await subscriber.closed;
    await vi.waitFor(async () => {
      await holder.writes('auth/token/renew-self');
      await told();
      expect(await sql(authority(), "SELECT * FROM watches WHERE hub = '/abc'")).toEqual([]);
    });
  });

  it('answers a handshake that its own storage refuses', async () => {
    const holder = await aHolder(LISTENER);
    for (const table of ['authorities', 'policy_texts', 'watched_tokens', 'subscription_classes']) {
      await breakTable(hubOf('abc'), table);
      expect((await holder.handshake('abc')).status, table).toBe(503);
      await repair(hubOf('abc'));
    }
    const subscriber = await holder.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('watches the tokens of many who come at once', async () => {
    const holders = await Promise.all(Array.from({ length: 40 }, () => aHolder(LISTENER)));
    const subscribers = await Promise.all(holders.map((holder) => holder.subscribe('abc')));
    const id = await root.published('abc', on('secret/a'));
    for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
    const [going, ...staying] = holders;
    await going?.writes('auth/token/revoke-self');
    expect(await closedPromptly(subscribers[0] as Subscriber)).toEqual(CLOSED);
    expect(staying).toHaveLength(39);
    const last = await root.published('abc', on('secret/a'));
    for (const subscriber of subscribers.slice(1)) expect(await subscriber.nextId()).toBe(last);
  });

  it('watches tokens whose policies are too long for one answer', async () => {
    const long = `${LISTENER}\n# ${'x'.repeat(250_000)}`;
    const holders = [];
    for (let i = 0; i < 24; i++) holders.push(await aHolder(`${long}${i}`));
    const subscribers = await Promise.all(holders.map((holder) => holder.subscribe('abc')));
    const id = await root.published('abc', on('secret/a'));
    for (const subscriber of subscribers) expect(await subscriber.nextId()).toBe(id);
    losePushes(1);
    for (const { policy } of holders) {
      await root.writes(`sys/policies/acl/${policy}`, { policy: `${long} changed` });
    }
    await holders.at(-1)?.writes('auth/token/revoke-self');
    await told();
    expect(await closedPromptly(subscribers.at(-1) as Subscriber)).toEqual(CLOSED);
    const last = await root.published('abc', on('secret/a'));
    for (const subscriber of subscribers.slice(0, -1)) expect(await subscriber.nextId()).toBe(last);
  });
});

it('a token of a namespace is watched at its own authority, wherever it subscribes', async () => {
  const team = await root.makesNamespace();
  const below = await root.in(team).makesNamespace('below');
  const holder = await aHolder(
    granting({ 'below/sys/events/subscribe/*': 'read', 'below/secret/*': 'list subscribe' }),
    {},
    team,
  );
  const subscriber = await holder.in(below).subscribe('abc');
  const id = await root.in(below).published('abc', on('secret/a'));
  expect(await subscriber.nextId()).toBe(id);
  await root.in(team).removes(`sys/policies/acl/${holder.policy}`);
  expect(await closedPromptly(subscriber)).toEqual(CLOSED);
});

it('an authority sees to more jobs than it tries in one go', async () => {
  await sql(
    authority(),
    `INSERT INTO jobs (kind, target, writing, attempts, due_at)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT 'revoke', i || ' gone@x', 1, 0, 0 FROM n`,
    MAX_JOBS_AT_ONCE + 50,
  );
  const calls = vi.spyOn(Authority.prototype, 'revokeMadeBy');
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

describe('however words between hubs and authorities are delayed and lost', () => {
  const WORDS = ['watch', 'changes', 'forget', 'forgetHub'] as const;

  /** Each word may be late, and now and then it or its answer does not arrive. */
  function disturb<T extends object>(prototype: T, words: readonly (keyof T & string)[]): void {
    const late = () => (Math.random() < 0.5 ? undefined : scheduler.wait(Math.random() * 10));
    for (const word of words) {
      const real = prototype[word] as (...args: unknown[]) => unknown;
      const disturbed = async function (this: unknown, ...args: unknown[]) {
        await late();
        if (Math.random() < 0.05) throw new Error(`${word} was lost`);
        const answer = await real.apply(this, args);
        await late();
        if (Math.random() < 0.05) throw new Error(`the answer to ${word} was lost`);
        return answer;
      };
      vi.spyOn(prototype as Record<string, () => unknown>, word).mockImplementation(disturbed);
    }
  }

  it.each([1, 2, 3, 4, 5])(
    'everybody hears what they may in the end, and no one else (%i)',
    async () => {
      const holders = await Promise.all(
        Array.from({ length: 6 }, () => aHolder(LISTENER, { ttl: '1h' })),
      );
      const open = new Map(holders.map((holder) => [holder, [] as Subscriber[]]));
      const denied = new Set<Client>();
      disturb(Authority.prototype, WORDS);
      disturb(SubscriberHub.prototype, ['changed']);
      const anyPattern = () => (Math.random() < 0.5 ? 'abc' : '*');
      const acts: ((holder: Holder, subscribers: Subscriber[]) => Promise<unknown>)[] = [
        async (holder, subscribers) => {
          const { webSocket } = await holder.handshake(anyPattern());
          if (webSocket !== null) subscribers.push(new Subscriber(webSocket));
        },
        async (_holder, subscribers) => subscribers.pop()?.socket.close(1000),
        (holder) => holder.post('auth/token/renew-self', { increment: '2h' }),
        async (holder) => {
          const denies = Math.random() < 0.5;
          const policy = denies ? listenerOn('other') : `${LISTENER}\n# ${Math.random()}`;
          await root.writes(`sys/policies/acl/${holder.policy}`, { policy });
          if (denies) denied.add(holder);
          else denied.delete(holder);
        },
        () => evictDurableObject(hubOf(anyPattern())).catch(() => undefined),
      ];
      const odds = [0, 0, 0, 0, 1, 1, 2, 2, 3, 4];
      await Promise.all(
        holders.map(async (holder) => {
          for (let i = 0; i < 8; i++) {
            const act = acts[odds[Math.floor(Math.random() * odds.length)] ?? 0];
            await act?.(holder, open.get(holder) ?? []);
          }
        }),
      );
      const [revoked, kept] = [holders.slice(0, 3), holders.slice(3)];
      for (const { token } of revoked) await root.writes('auth/token/revoke', { token });
      vi.restoreAllMocks();
      await vi.waitFor(async () => {
        await sql(authority(), 'UPDATE jobs SET due_at = 0');
        await runDurableObjectAlarm(authority());
        expect(await sql(authority(), 'SELECT * FROM jobs')).toEqual([]);
      }, 5000);

      const ended = await Promise.all(revoked.flatMap((each) => open.get(each)).map(endOf));
      expect(ended.filter((end) => end === 'still open')).toEqual([]);
      const id = await root.published('abc', on('secret/a'));
      for (const holder of kept) {
        for (const subscriber of open.get(holder) ?? []) {
          const heard = await Promise.race([
            subscriber.nextId(),
            subscriber.closed.then(() => 'closed'),
            scheduler.wait(denied.has(holder) ? 10 : 1000),
          ]);
          if (heard !== 'closed') expect(heard).toBe(denied.has(holder) ? undefined : id);
        }
      }
    },
  );

  function endOf(subscriber: Subscriber | undefined) {
    return subscriber && closedPromptly(subscriber);
  }
});
