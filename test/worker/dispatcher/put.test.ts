/** What happens in which order when a destination is written, and what is left when that fails. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { invalid, ok } from '../../../src/lib/result.ts';
import { MAX_DESTINATIONS } from '../../../src/push/dispatch/limits.ts';
import { ROOT_OWNER } from '../../../src/token/owner.ts';
import { it } from '../fixtures.ts';
import { keyOf, sql } from '../security-support.ts';
import {
  aGate,
  callsOf,
  destinationsAnswer,
  dispatcher,
  failureOf,
  hubsAnswer,
  ring,
  tablesOf,
  writing,
} from './support.ts';

const END = { epoch: 'e', taken: 7 };

describe('a new destination', () => {
  it('is configured with where the journals end that it may want, after their hubs were told', async () => {
    const told = hubsAnswer({ '/abc': END, '/def': { epoch: 'f', taken: 9 }, '/empty': undefined });
    const toldBefore: number[] = [];
    const calls = destinationsAnswer({
      configure: () => {
        toldBefore.push(told.length);
        return ok(undefined);
      },
    });
    expect(await dispatcher().put('cache', writing('abc/*'))).toEqual(ok(undefined));
    expect(callsOf(calls, 'configure')).toEqual([['cache', writing('abc/*'), { '/abc': END }]]);
    expect(told.map(([hub]) => hub)).toEqual(['/', '/abc']);
    expect(toldBefore).toEqual([2]);
    const announcement = await dispatcher().announcement();
    expect(announcement.interest).toEqual([{ pattern: 'abc/*', namespaces: [''] }]);
    for (const [, each] of told) expect(each).toEqual(announcement);
    expect(await dispatcher().names()).toEqual(['cache']);
  });

  it('gets the ends also if others want the same already', async () => {
    hubsAnswer({ '/abc': END });
    const calls = destinationsAnswer();
    await dispatcher().put('one', writing('abc/*'));
    const { version } = await dispatcher().announcement();
    await dispatcher().put('two', writing('abc/*'));
    expect(callsOf(calls, 'configure').map(([name, , ends]) => [name, ends])).toEqual([
      ['one', { '/abc': END }],
      ['two', { '/abc': END }],
    ]);
    expect((await dispatcher().announcement()).version).toBe(version);
  });

  it('does not exist if a hub cannot be told', async () => {
    hubsAnswer({ '/abc': END, '/def': END }, (hub) => {
      if (hub === '/def') throw new Error('the hub is down');
    });
    const calls = destinationsAnswer();
    expect(await failureOf(dispatcher().put('cache', writing('*')))).toContain('the hub is down');
    expect(await dispatcher().names()).toEqual([]);
    expect((await dispatcher().announcement()).interest).toEqual([]);
    expect(calls).toEqual([]);
    expect(await dispatcher().put('cache', writing('abc/*'))).toEqual(ok(undefined));
  });

  it('that refuses its settings is deleted again', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer({ configure: () => invalid('a webhook needs secrets') });
    expect(await dispatcher().put('cache', writing('abc/*'))).toEqual(
      invalid('a webhook needs secrets'),
    );
    expect(calls.map(([method]) => method)).toEqual(['configure', 'wipe']);
    expect(await dispatcher().names()).toEqual([]);
    expect(await dispatcher().delete('cache')).toEqual(ok(false));
  });

  it('of which nobody knows whether it took its settings is deleted, by alarm if need be', async () => {
    hubsAnswer({});
    let isDown = true;
    const answer = () => {
      if (isDown) throw new Error('the destination is down');
    };
    const calls = destinationsAnswer({
      configure: () => {
        answer();
        return ok(undefined);
      },
      wipe: answer,
    });
    expect(await failureOf(dispatcher().put('cache', writing('abc/*')))).toContain('is down');
    expect(await dispatcher().names()).toEqual([]);
    expect(await sql(dispatcher(), 'SELECT name, state FROM destinations')).toEqual([
      { name: 'cache', state: 'deleting' },
    ]);
    isDown = false;
    await ring();
    expect(callsOf(calls, 'wipe')).toHaveLength(2);
    expect(await sql(dispatcher(), 'SELECT * FROM destinations')).toEqual([]);
  });

  it('that was not configured when the dispatcher stopped is deleted', async () => {
    hubsAnswer({});
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    await sql(dispatcher(), "UPDATE destinations SET state = 'new'");
    await evictDurableObject(dispatcher());
    expect(await dispatcher().names()).toEqual([]);
    await ring();
    expect(callsOf(calls, 'wipe')).toEqual([['cache']]);
    expect(await sql(dispatcher(), 'SELECT * FROM destinations')).toEqual([]);
    expect((await dispatcher().announcement()).interest).toEqual([]);
  });

  it('is not woken before it is configured, and then at once', async () => {
    hubsAnswer({ '/abc': END });
    const gate = aGate();
    const calls = destinationsAnswer({
      configure: async () => {
        await gate.opened;
        return ok(undefined);
      },
    });
    const put = dispatcher().put('cache', writing('abc/*'));
    await vi.waitFor(() => expect(callsOf(calls, 'configure')).toHaveLength(1));
    // The hub does not wait for it.
    await dispatcher().notify({ hub: '/abc', types: ['abc/x'], dispatchers: [''] });
    expect(callsOf(calls, 'wake')).toEqual([]);
    gate.open();
    await put;
    await vi.waitFor(() => expect(callsOf(calls, 'wake')).toEqual([['cache', ['/abc']]]));
  });

  it('is refused in a namespace that was deleted, and leaves nothing', async ({ team }) => {
    const key = `${await keyOf(team)}x`;
    destinationsAnswer();
    expect(await failureOf(dispatcher(key).put('cache', writing('abc')))).toContain('was deleted');
    expect(await tablesOf(key)).toEqual([]);
  });
});

describe('a destination that is written again', () => {
  it('with the same pattern calls no hub, and keeps its owner', async () => {
    const told = hubsAnswer({ '/abc': END });
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    told.length = 0;
    await dispatcher().put('cache', writing('abc/*', { maxAttempts: 3, owner: 'token 2' }));
    expect(told).toEqual([]);
    expect(callsOf(calls, 'configure').at(-1)).toEqual([
      'cache',
      writing('abc/*', { maxAttempts: 3, owner: 'token 1' }),
      {},
    ]);
  });

  it('at the same time is written once after the other', async () => {
    const told = hubsAnswer({ '/abc': END });
    let underWay = 0;
    const calls = destinationsAnswer({
      configure: async () => {
        expect(++underWay).toBe(1);
        await scheduler.wait(1);
        underWay--;
        return ok(undefined);
      },
    });
    const puts = [1, 2, 3].map((maxAttempts) =>
      Promise.resolve(dispatcher().put('cache', writing('abc/*', { maxAttempts }))),
    );
    expect(await Promise.all(puts)).toEqual(Array(3).fill(ok(undefined)));
    expect(callsOf(calls, 'configure').map(([, , ends]) => ends)).toEqual([
      { '/abc': END },
      {},
      {},
    ]);
    expect(told.map(([hub]) => hub)).toEqual(['/', '/abc']);
  });

  it('keeps what it wanted if a hub cannot be told', async () => {
    let isDown = false;
    hubsAnswer({ '/abc': END, '/def': END }, (hub) => {
      if (isDown && hub === '/def') throw new Error('the hub is down');
    });
    const calls = destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    isDown = true;
    expect(await failureOf(dispatcher().put('cache', writing('def/*')))).toContain('is down');
    expect((await dispatcher().announcement()).interest).toEqual([
      { pattern: 'abc/*', namespaces: [''] },
    ]);
    await dispatcher().notify({ hub: '/abc', types: ['abc/x'], dispatchers: [''] });
    expect(callsOf(calls, 'wake')).toEqual([['cache', ['/abc']]]);
  });

  it('is woken for both patterns while nobody knows which one it has', async () => {
    hubsAnswer({ '/abc': END, '/def': END });
    let isLost = false;
    const calls = destinationsAnswer({
      configure: () => {
        if (isLost) throw new Error('the answer was lost');
        return ok(undefined);
      },
    });
    await dispatcher().put('cache', writing('abc/*'));
    isLost = true;
    expect(await failureOf(dispatcher().put('cache', writing('def/*')))).toContain('was lost');
    await dispatcher().notify({ hub: '/abc', types: ['abc/x'], dispatchers: [''] });
    await dispatcher().notify({ hub: '/def', types: ['def/x'], dispatchers: [''] });
    expect(callsOf(calls, 'wake')).toEqual([
      ['cache', ['/abc']],
      ['cache', ['/def']],
    ]);
    expect(await dispatcher().names()).toEqual(['cache']);
  });

  it('and wants less lets hubs know afterwards, as often as it takes', async () => {
    let isDown = true;
    const told = hubsAnswer({ '/abc': END, '/def': END }, (hub) => {
      if (isDown && hub === '/abc' && told.length > 2) throw new Error('the hub is down');
    });
    destinationsAnswer();
    await dispatcher().put('cache', writing('abc/*'));
    await dispatcher().put('cache', writing('def/*'));
    await ring();
    isDown = false;
    told.length = 0;
    await ring();
    const { interest, version } = await dispatcher().announcement();
    expect(interest).toEqual([{ pattern: 'def/*', namespaces: [''] }]);
    expect(told.map(([hub, each]) => [hub, each.version])).toEqual([
      ['/', version],
      ['/abc', version],
    ]);
    told.length = 0;
    await ring();
    expect(told).toEqual([]);
  });
});

describe('a dead letter destination', () => {
  const toOther = (name: string) => writing('abc/*', { deadLetter: { kind: 'destination', name } });

  it('has to exist, and to be another one', async () => {
    hubsAnswer({});
    destinationsAnswer();
    const missing = await dispatcher().put('cache', toOther('later'));
    expect(missing).toEqual(
      invalid('dead_letter: there is no destination "later"; write that one first'),
    );
    const itself = await dispatcher().put('cache', toOther('cache'));
    expect(itself).toMatchObject({ ok: false });
    await dispatcher().put('later', writing('none'));
    expect(await dispatcher().put('cache', toOther('later'))).toEqual(ok(undefined));
  });

  it('is not deleted while another one hands over to it', async () => {
    hubsAnswer({});
    destinationsAnswer();
    await dispatcher().put('later', writing('none'));
    await dispatcher().put('cache', toOther('later'));
    expect(await dispatcher().delete('later')).toEqual(
      invalid(
        'the destination "cache" hands over to "later" what it cannot deliver; change its dead_letter first',
      ),
    );
    await dispatcher().put('cache', writing('abc/*'));
    expect(await dispatcher().delete('later')).toEqual(ok(true));
  });
});

describe('the share of an owner', () => {
  /** Rows, so that a test does not make hundreds of calls. */
  async function isOwnedBy(owner: string, count: number): Promise<void> {
    await dispatcher().put('first', writing('first', { owner }));
    await sql(
      dispatcher(),
      `INSERT INTO destinations WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       SELECT 'd-' || i, '${owner}', 'kept', '[]' FROM n`,
    );
    await evictDurableObject(dispatcher());
  }

  it('leaves room for others, and root has none', async () => {
    hubsAnswer({});
    destinationsAnswer();
    await isOwnedBy('token 1', MAX_DESTINATIONS / 2);
    const another = await dispatcher().put('more', writing('more', { owner: 'token 1' }));
    expect(another).toMatchObject({ ok: false, failure: { reason: 'invalid' } });
    expect(await dispatcher().put('first', writing('other', { owner: 'token 1' }))).toEqual(
      ok(undefined),
    );
    expect(await dispatcher().put('of-2', writing('more', { owner: 'token 2' }))).toEqual(
      ok(undefined),
    );
    expect(await dispatcher().put('of-root', writing('more', { owner: ROOT_OWNER }))).toEqual(
      ok(undefined),
    );
  });

  it('of root ends at the limit of all', async () => {
    hubsAnswer({});
    destinationsAnswer();
    await isOwnedBy(ROOT_OWNER, MAX_DESTINATIONS);
    expect(await dispatcher().put('more', writing('more', { owner: ROOT_OWNER }))).toMatchObject({
      ok: false,
    });
  });
});
