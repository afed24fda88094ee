/** What a hub does if its disk does not confirm that events are durable. */
import { runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { it } from './fixtures.ts';
import { hubStub, journalOf, publish, published, subscribe } from './support.ts';

it('starts again with what the disk has, and tells the publisher that its event is not stored', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const subscriber = await subscribe('unconfirmed');
  await published('unconfirmed', { id: 'a' });
  expect(await subscriber.nextId()).toBe('a');
  await runInDurableObject(hubStub('unconfirmed'), (_hub, { storage }) => {
    storage.sync = () => Promise.reject(new Error('the disk does not answer'));
  });
  expect((await publish('unconfirmed', { id: 'b' })).status).toBe(503);
  expect((await subscriber.closed).code).not.toBe(1000);
  expect(subscriber.waiting).toBe(0);
  expect(logged.mock.calls.flat().join(' ')).toContain('may not be durable');

  const later = await subscribe('unconfirmed', 'json=true&since=a');
  await published('unconfirmed', [{ id: 'b' }, { id: 'c' }]);
  const heard = [];
  do heard.push(await later.nextId());
  while (heard.at(-1) !== 'c');
  expect(heard).toEqual(['b', 'c']);
  expect((await journalOf(hubStub('unconfirmed'))).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
