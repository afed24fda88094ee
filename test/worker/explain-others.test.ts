/** Explaining what the holder of another token gets takes the right to. */
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aHolder, anAdmin, granting, LISTENER, root } from './security-support.ts';

const EXPLAIN = 'sys/events/explain';

const MAY_ASK = granting({ [EXPLAIN]: 'update' });

const MAY_ASK_OF_OTHERS = granting({ [EXPLAIN]: 'update sudo' });

const EVENT = { event_type: 'abc', metadata: { path: 'secret/a', operation: 'write' } };

describe('the token of somebody else', () => {
  it('is explained only with sudo', async () => {
    const other = await aHolder(LISTENER);
    const [asker, superior] = [await aHolder(MAY_ASK), await aHolder(MAY_ASK_OF_OTHERS)];
    for (const of of [{ token: other.token }, { accessor: other.auth.accessor }]) {
      const body = { event: EVENT, pattern: 'abc', ...of };
      expect((await asker.post(EXPLAIN, body)).status).toBe(403);
      const answer = await superior.writes(EXPLAIN, body);
      expect(answer.data.delivered).toBe(true);
      expect(answer.data.steps).toContainEqual(
        expect.objectContaining({ rule: 'hidden: the right to read the policy is missing' }),
      );
    }
  });

  it('is refused in the same way whether it exists or not, without sudo', async () => {
    const other = await aHolder(LISTENER);
    const asker = await aHolder(MAY_ASK);
    const texts = new Set<string>();
    for (const of of [
      { token: other.token },
      { token: 'nobody' },
      { token: 'ctk.mistyped' },
      { accessor: other.auth.accessor },
      { accessor: 'nobody' },
    ]) {
      const response = await asker.post(EXPLAIN, { event: EVENT, pattern: 'abc', ...of });
      texts.add(`${response.status} ${await response.text()}`);
    }
    expect(texts.size).toBe(1);
  });

  it('of a namespace above or beside is unknown, also with sudo', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const superior = await aHolder(MAY_ASK_OF_OTHERS, {}, team);
    for (const other of [await aHolder(LISTENER), await aHolder(LISTENER, {}, sibling)]) {
      for (const of of [{ token: other.token }, { accessor: other.auth.accessor }]) {
        const response = await superior.post(EXPLAIN, { event: EVENT, pattern: 'abc', ...of });
        expect(response.status).toBe(403);
      }
    }
  });

  it('may be one’s own without sudo', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    const body = { event: EVENT, pattern: 'abc', token: holder.token };
    expect((await holder.writes(EXPLAIN, body)).data.delivered).toBe(true);
  });
});

describe('an open subscription', () => {
  const AT_HUB = { namespace: '', hub: 'abc', region: null, shard: null };

  async function idOfTheOne(client: typeof root = root): Promise<string> {
    const { keys } = (await client.reads('sys/events/subscriptions')).data;
    expect(keys).toHaveLength(1);
    return keys?.[0] ?? '';
  }

  it('is explained by its id: its pattern, its filter, its rights, and what holds it', async () => {
    const holder = await aHolder(LISTENER);
    await holder.subscribe('abc', '&filter=operation%20==%20read');
    const subscription = await idOfTheOne();
    const { data } = await root.writes(EXPLAIN, { event: EVENT, subscription });
    expect(data).toMatchObject({ delivered: false, decided_by: 'filter', held_by: [AT_HUB] });
    const read = { ...EVENT, metadata: { ...EVENT.metadata, operation: 'read' } };
    const { data: second } = await root.writes(EXPLAIN, { event: read, subscription });
    expect(second.delivered).toBe(true);
  });

  it('is explained only with sudo, and has no pattern but its own', async () => {
    await root.subscribe('abc');
    const subscription = await idOfTheOne();
    const asker = await aHolder(MAY_ASK);
    expect((await asker.post(EXPLAIN, { event: EVENT, subscription })).status).toBe(403);
    const body = { event: EVENT, subscription, pattern: 'abc' };
    expect((await root.post(EXPLAIN, body)).status).toBe(400);
  });

  it('says that it has ended, and what is no id', async () => {
    for (const subscription of [
      'abc.1.mh4x2k9q-5f0c1a2b',
      'abc.*',
      'abc',
      'abc#weur.1.mh4x2k9q-5f0c1a2b',
    ]) {
      expect((await root.post(EXPLAIN, { event: EVENT, subscription })).status).toBe(400);
    }
  });

  it('with a token of a namespace above is not explained', async ({ team }) => {
    const above = await aHolder(granting({ '+/*': 'read list subscribe' }));
    await above.in(team).subscribe('abc');
    const admin = await anAdmin(team);
    const subscription = await idOfTheOne(admin);
    expect((await admin.post(EXPLAIN, { event: EVENT, subscription })).status).toBe(403);
  });
});

describe('where the subscribers of a token are', () => {
  it('is told by its authority: hubs that have some, and the wildcard hub', async () => {
    const holder = await aHolder(LISTENER);
    for (const pattern of ['abc', 'xyz', 'a*']) await holder.subscribe(pattern);
    const body = { event: EVENT, pattern: 'abc', accessor: holder.auth.accessor };
    const { data } = await root.writes(EXPLAIN, body);
    const hubs = (data.held_by as { hub: string }[]).map(({ hub }) => hub);
    expect(hubs.sort()).toEqual(['*', 'abc', 'xyz']);
  });

  it('is not told if the authority is of the release before', async () => {
    vi.spyOn(Authority.prototype, 'watchersOf').mockImplementation(() => {
      throw new TypeError('The RPC receiver does not implement the method "watchersOf".');
    });
    const holder = await aHolder(LISTENER);
    const body = { event: EVENT, pattern: 'abc', accessor: holder.auth.accessor };
    const { data } = await root.writes(EXPLAIN, body);
    expect(data.delivered).toBe(true);
    expect(data).not.toHaveProperty('held_by');
  });
});
