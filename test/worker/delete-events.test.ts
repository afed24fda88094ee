/**
 * `DELETE sys/events/hubs` while others use the hubs: whoever connected before is closed and gets nothing of others, and
 * whoever resumes later is told that events are missing.
 */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { gapOf, hears, resume } from './resume-support.ts';
import { aGate, aHolder, closedPromptly, listenerOn, on, root, until } from './security-support.ts';
import { handshakeTo, hubStub, Subscriber, subscribe } from './support.ts';

/** Holds up a method of authorities, for calls of a hub, after it has answered. */
function heldUp(method: 'watch' | 'unwatchIncarnation') {
  const gate = aGate();
  const real = Authority.prototype[method] as (...words: unknown[]) => unknown;
  vi.spyOn(Authority.prototype, method).mockImplementation(async function (
    this: Authority,
    ...words: unknown[]
  ) {
    const answer = await real.apply(this, words);
    await gate.passed();
    return answer;
  } as never);
  return gate;
}

describe.for(['abc', '*'])(
  'a handshake to %s that waits while the events are deleted',
  (pattern) => {
    it('leaves no socket that gets the events of another subscriber', async () => {
      await root.published('abc', on('first/a'));
      const present = await root.subscribe(pattern);
      const first = await aHolder(listenerOn('first/*'));
      const watched = heldUp('watch');
      const handshaken = first.handshake(pattern);
      await until(watched.reached);
      const unwatched = heldUp('unwatchIncarnation');
      const deleted = root.removes('sys/events/hubs');
      expect(await closedPromptly(present)).toMatchObject({ code: 1013 });
      watched.open();
      const { webSocket } = await handshaken;
      const stale = webSocket === null ? undefined : new Subscriber(webSocket);
      unwatched.open();
      await deleted;
      vi.restoreAllMocks();
      const second = await (await aHolder(listenerOn('second/*'))).subscribe(pattern);
      await root.published('abc', on('second/a', { id: 'secret' }));
      expect(await second.nextId()).toBe('secret');
      expect(stale?.waiting ?? 0).toBe(0);
      if (stale !== undefined) expect(await closedPromptly(stale)).toMatchObject({ code: 1013 });
    });
  },
);

it('a subscriber that comes at any moment of the release of a hub is served', async () => {
  for (let moment = 0; moment < 12; moment++) {
    const name = `moment${moment}`;
    const accepted = await runInDurableObject(hubStub(name), async (hub: Hub) => {
      // A call for nothing: the hub is released after it.
      const call = hub.publishAll([]);
      for (let i = 0; i < moment; i++) await undefined;
      const response = await hub.fetch(encodeHandshake(handshakeTo(name)));
      await call;
      return response.status;
    });
    expect(accepted).toBe(101);
    await root.published(name, { id: name });
    const frames = await runInDurableObject(hubStub(name), (_hub, ctx) =>
      ctx.storage.sql.exec('SELECT * FROM subscription_classes').toArray(),
    );
    expect(frames, `after ${moment} turns`).toHaveLength(1);
  }
});

describe.for(['deploy/*', '*'])(
  'a subscriber to %s that resumes after the events were deleted',
  (pattern) => {
    it('is told of a gap with every cursor, id and time of before, and with none of after', async () => {
      const { subscriber, hello: before } = await resume(pattern);
      await root.published('deploy/x', { id: 'a' });
      await root.published('deploy/x', { id: 'b' });
      const [, last] = await hears(subscriber, 2);
      const now = new Date().toISOString();
      await root.removes('sys/events/hubs');
      expect(await closedPromptly(subscriber)).toMatchObject({ code: 1013 });
      const old = [before.cursor, last, 'a', 'b', now];
      for (const since of old) expect(await gapOf(pattern, since), since).toBeDefined();
      const fresh = await resume(pattern);
      await root.published('deploy/x', { id: 'c' });
      for (const since of old) expect(await gapOf(pattern, since), since).toBeDefined();
      const { cursor } = fresh.hello;
      expect(await gapOf(pattern, cursor)).toBeUndefined();
      expect(new Set([before.cursor, last]).has(cursor)).toBe(false);
    });
  },
);

it('a subscriber that spans namespaces hears those below, which were not told', async ({
  team,
}) => {
  await root.in(team).published('deploy/x', { id: 'a' });
  await root.removes('sys/events/hubs');
  const subscriber = await subscribe('*', 'json=true&namespaces=*');
  await root.in(team).published('deploy/x', { id: 'b' });
  expect(await subscriber.nextId()).toBe('b');
});
