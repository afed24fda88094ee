/** What the filters of subscribers may cost a hub, and who uses up what. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { compileFilter } from '../../src/event/filter/filter.ts';
import { MAX_FILTERED_CHARACTERS } from '../../src/event/filter/limits.ts';
import { EntryMatcher } from '../../src/hub/delivery/entry-matcher.ts';
import { MAX_FILTER_COST_PER_HUB, MAX_FILTER_COST_PER_TOKEN } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  Client,
  errorsOf,
  granting,
  type Holder,
  hubOf,
  LISTENER,
  on,
  root,
} from './security-support.ts';
import type { Subscriber } from './support.ts';

/** A filter that costs some 900 of the 2,000 that a token has; `name` makes it another one. */
function filterOf(name: string): string {
  return `data_path matches "[ab]{0,440}${name}z$"`;
}

function slow(name: string): string {
  return `&filter=${encodeURIComponent(filterOf(name))}`;
}

const FITTING = 2;

async function statusOf(client: Client, filter: string): Promise<number> {
  const response = await client.handshake('abc', filter);
  response.webSocket?.accept();
  return response.status;
}

async function use(client: Client, names: readonly string[]): Promise<Subscriber[]> {
  return Promise.all(names.map((name) => client.subscribe('abc', slow(name))));
}

describe('a token', () => {
  it('has as many filters as it has a budget for', async ({ holder }) => {
    await use(holder, ['a', 'b']);
    const refused = await holder.handshake('abc', slow('c'));
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    const message = await errorsOf(refused);
    expect(message).toMatch(
      /^the filters of this token's subscribers in this hub would cost 2\d\d\d/,
    );
    expect(message).toContain(
      `at most ${MAX_FILTER_COST_PER_TOKEN} are allowed; "==" costs nothing`,
    );
  });

  it('may use one again, and others that cost little', async ({ holder }) => {
    await use(holder, ['a', 'b', 'a', 'b', 'a']);
    const filters = ['operation == "write"', 'data_path contains "x"', 'data_path matches "^x/"'];
    for (const filter of filters) {
      expect(await statusOf(holder, `&filter=${encodeURIComponent(filter)}`)).toBe(101);
    }
  });

  it('gets its budget back when its subscribers leave', async ({ holder }) => {
    const [first, second] = await use(holder, ['a', 'b']);
    await use(holder, ['b']);
    second?.socket.close(1000);
    await second?.closed;
    expect(await statusOf(holder, slow('c'))).toBe(503);
    first?.socket.close(1000);
    await first?.closed;
    expect(await statusOf(holder, slow('c'))).toBe(101);
    expect(await statusOf(holder, slow('a'))).toBe(503);
  });

  it('takes nothing from another, also where both have the same subscriptions', async ({
    holder,
  }) => {
    const other = await another(holder);
    await use(holder, ['a', 'b']);
    await use(other, ['a']);
    expect(await statusOf(other, slow('c'))).toBe(101);
    expect(await statusOf(other, slow('b'))).toBe(503);
    expect(await statusOf(holder, slow('c'))).toBe(503);
  });

  it('has used what it has when the hub slept', async ({ holder }) => {
    await use(holder, ['a', 'b']);
    await evictDurableObject(hubOf('abc'));
    expect(await statusOf(holder, slow('c'))).toBe(503);
    expect(await statusOf(holder, slow('a'))).toBe(101);
  });

  it('has no more for handshakes that race', async ({ holder }) => {
    const names = [...'abcdefgh'];
    const statuses = await Promise.all(names.map((name) => statusOf(holder, slow(name))));
    expect(statuses.filter((status) => status === 101).length).toBe(FITTING);
    expect(statuses.filter((status) => status === 503).length).toBe(names.length - FITTING);
  });
});

describe('a hub', () => {
  const filter = compileFilter(filterOf('a'));
  const cost = filter.ok ? filter.value.cost : 0;

  /** How many filters are let in, of one token after the other. */
  async function letIn(tokenFor: () => Promise<Client>): Promise<number> {
    for (const [index, name] of [...'abcdefghijklmnopqrstuvwxyz'].entries()) {
      if ((await statusOf(await tokenFor(), slow(name))) === 503) return index;
    }
    throw new Error('nothing was refused');
  }

  it('has a budget for all tokens together, in which no one has more than is left', async ({
    holder,
  }) => {
    const most = Math.floor(MAX_FILTER_COST_PER_HUB / cost);
    expect(await letIn(() => another(holder))).toBe(most - 1);
    expect(await statusOf(root, slow('0'))).toBe(101);
    const refused = await root.handshake('abc', slow('1'));
    expect(refused.status).toBe(503);
    expect(await errorsOf(refused)).toContain("this hub's subscribers would cost");
    expect(await statusOf(root, slow('a'))).toBe(101);
    expect(await statusOf(root, '')).toBe(101);
  });

  it('does not let one owner have more by many tokens', async () => {
    const maker = await aHolder(`${LISTENER}\n${granting({ 'auth/token/create': 'update' })}`);
    const child = async () => {
      const { client_token } = await maker.makes({ policies: [maker.policy] });
      return new Client(client_token);
    };
    expect(await letIn(child)).toBe(Math.floor(MAX_FILTER_COST_PER_HUB / 2 / cost));
    const refused = await (await child()).handshake('abc', slow('0'));
    expect(await errorsOf(refused)).toContain('with all tokens of your entity or made from yours');
    expect(await statusOf(await aHolder(LISTENER), slow('0'))).toBe(101);
  });
});

/** Another token with the same policy. */
async function another(holder: Holder): Promise<Client> {
  const { client_token } = await root.makes({ policies: [holder.policy] });
  return new Client(client_token);
}

it('a filter is not asked about an event that its holder may not see', async () => {
  const pass = vi.spyOn(EntryMatcher.prototype, 'passesFilter');
  const holder = await aHolder(LISTENER);
  const subscriber = await holder.subscribe('abc', slow('a'));
  await root.published('abc', on('other/a', { metadata: { path: 'other/a', data_path: 'az' } }));
  expect(pass).not.toHaveBeenCalled();
  const id = await root.published('abc', { metadata: { path: 'secret/a', data_path: 'aaz' } });
  expect(await subscriber.nextId()).toBe(id);
  expect(pass).toHaveBeenCalledTimes(1);
});

it('a text longer than filters search is not delivered by one, and explain says why', async () => {
  const filter = 'data_path contains "a"';
  const query = `&filter=${encodeURIComponent(filter)}`;
  const subscriber = await root.subscribe('abc', query);
  const negated = await root.subscribe('abc', `&filter=${encodeURIComponent(`not ${filter}`)}`);
  const fitting = 'a'.repeat(MAX_FILTERED_CHARACTERS);
  const events = [`${fitting}a`, fitting].map((data_path) => ({
    event_type: 'abc',
    metadata: { data_path },
  }));
  const [, second] = [
    await root.published('abc', events[0]),
    await root.published('abc', events[1]),
  ];
  expect(await subscriber.nextId()).toBe(second);
  expect(await Promise.race([negated.next(), scheduler.wait(20)])).toBeUndefined();
  const { data } = await root.writes('sys/events/explain', {
    pattern: 'abc',
    filter,
    event: events[0],
  });
  expect(data).toMatchObject({ delivered: false, decided_by: 'filter' });
  expect((data.steps as { step: string; error?: string }[]).at(-1)).toMatchObject({
    step: 'filter',
    error: `data_path has 1025 characters: "matches", "contains" and "in" search at most 1024`,
  });
});
