/** What many share, and one principal cannot use up. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { MAX_SECRET_IDS } from '../../src/authority/limits.ts';
import { type EventBatch, eventBatch } from '../../src/event/event-batch.ts';
import { type Sequences, WriteBatcher } from '../../src/hub/journal/write-batcher.ts';
import { MAX_QUEUED_EVENTS } from '../../src/hub/limits.ts';
import { MAX_TOKENS } from '../../src/objects/limits.ts';
import type { Handshake } from '../../src/subscription/handshake.ts';
import { MAX_TICKETS, TICKET_TTL_SECONDS } from '../../src/token/limits.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  aName,
  authority,
  Client,
  errorsOf,
  granting,
  handshakeOf,
  LISTENER,
  root,
  sql,
} from './security-support.ts';
import { handshakeTo, hubStub, someMemory, subscribersIn } from './support.ts';

const MAKER = `${LISTENER}\n${granting({ 'auth/token/create': 'update' })}`;

/** A token that another makes. */
async function childOf(holder: Client): Promise<Client> {
  return new Client((await holder.makes({})).client_token);
}

/** Tokens of one entity: of logins by one role. */
async function logins(policy: string, number: number): Promise<Client[]> {
  const role = aName('role');
  await root.writes(`auth/approle/role/${role}`, { token_policies: [policy] });
  const { data } = await root.reads(`auth/approle/role/${role}/role-id`);
  const tokens: Client[] = [];
  for (let i = 0; i < number; i++) {
    const { data: secret } = await root.writes(`auth/approle/role/${role}/secret-id`);
    const { auth } = await new Client(undefined).writes('auth/approle/login', {
      role_id: data.role_id,
      secret_id: secret.secret_id,
    });
    tokens.push(new Client(auth.client_token));
  }
  return tokens;
}

describe('the places of a hub', () => {
  /** A hub of eight places. */
  function inSmallHub(run: (come: (handshake: Handshake) => Promise<Response>) => Promise<void>) {
    return runInDurableObject(hubStub('abc'), async (_hub, state) => {
      const { handshakes } = subscribersIn(state, { maxSockets: 8 });
      await run(async (handshake) => {
        const response = await handshakes.accept(handshake);
        response.webSocket?.accept();
        return response;
      });
    });
  }

  /** Has each come to a hub of eight places. @returns the statuses */
  async function comeTo(...clients: readonly (Client | undefined)[]): Promise<number[]> {
    const statuses: number[] = [];
    const handshakes = await Promise.all(
      clients.map((client) => (client ? handshakeOf(client) : handshakeTo('abc'))),
    );
    await inSmallHub(async (come) => {
      for (const handshake of handshakes) statuses.push((await come(handshake)).status);
    });
    return statuses;
  }

  it('are not all taken by a token and those that it makes, and they make', async () => {
    const maker = await aHolder(MAKER);
    const [child, other] = [await childOf(maker), await aHolder(LISTENER)];
    const grandchildren = await Promise.all(Array.from({ length: 3 }, () => childOf(child)));
    expect(await comeTo(maker, child, ...grandchildren, other, undefined)).toEqual([
      101, 101, 101, 101, 503, 101, 101,
    ]);
  });

  it('are not all taken by the logins of one entity', async () => {
    const { policy } = await aHolder(LISTENER);
    const tokens = await logins(policy, 5);
    const [other] = await logins(policy, 1);
    expect(await comeTo(...tokens, other)).toEqual([101, 101, 101, 101, 503, 101]);
  });

  it('that others gave back are free for those who had their share', async () => {
    const [handshake, another] = await Promise.all(
      [await aHolder(LISTENER), await aHolder(LISTENER)].map(handshakeOf),
    );
    if (handshake === undefined || another === undefined) throw new Error('not made');
    await inSmallHub(async (come) => {
      const others: WebSocket[] = [];
      for (let i = 0; i < 4; i++) others.push((await come(another)).webSocket as WebSocket);
      for (let i = 0; i < 2; i++) expect((await come(handshake)).status).toBe(101);
      const refused = await come(handshake);
      expect(refused.status).toBe(503);
      expect(await refused.text()).toMatch(/^you have 2 subscribers in this hub, .* of the 8 that/);
      for (const socket of others) {
        const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
        socket.close(1000);
        await closed;
      }
      expect((await come(handshake)).status).toBe(101);
    });
  });
});

describe('the queue of a hub', () => {
  it('counts a token and those that it makes as one, and others apart', async () => {
    const take = vi.spyOn(WriteBatcher.prototype, 'writeAll');
    const policy = `${MAKER}\n${granting({ 'sys/events/publish/*': 'update' })}`;
    const maker = await aHolder(policy);
    const publishers = [maker, await childOf(maker), await childOf(maker), await aHolder(policy)];
    for (const each of publishers) await each.published('abc', {});
    const [first, ...more] = take.mock.calls.flatMap(([requests]) =>
      requests.map(({ owner }) => owner),
    );
    expect(first).toBeDefined();
    expect(more.map((owner) => owner === first)).toEqual([true, true, false]);
  });

  it('has room for others where one owner fills it with many publishers', async () => {
    const committing = Promise.withResolvers<Sequences[]>();
    const batcher = new WriteBatcher(
      () => committing.promise,
      () => true,
      someMemory().waiting,
    );
    const write = (events: EventBatch, owner: string) => batcher.writeAll([{ events, owner }])[0];
    const by = (publisher: string, events: number) =>
      eventBatch(
        Array.from({ length: events }, (_, index) => ({
          key: `${index}\n${publisher}\n\nabc\n`,
          json: '{}',
        })),
      );
    const batch = MAX_QUEUED_EVENTS / 20;
    write(by('first', 1), 'first');
    const taken = Array.from({ length: 40 }, (_, index) =>
      write(by(`child ${index}`, batch), 'maker'),
    );
    expect(taken.filter((each) => each !== undefined)).toHaveLength(10);
    expect(write(by('other', 4 * batch), 'other')).toBeDefined();
    committing.resolve([]);
  });
});

describe('the tickets of a namespace', () => {
  it('are not all taken by one token and those that it makes', async () => {
    const maker = await aHolder(MAKER);
    const child = await childOf(maker);
    expect((await maker.post('sys/events/ticket')).status).toBe(200);
    await sql(
      authority(),
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO tickets (digest, holder_digest, owner, expires_at)
         SELECT 'x' || i, 'x', (SELECT owner FROM tickets), ? FROM n`,
      MAX_TICKETS / 2 - 1,
      Date.now() + TICKET_TTL_SECONDS * 1000,
    );
    // The authority counts again once tickets have expired.
    await sql(
      authority(),
      "INSERT INTO tickets (digest, holder_digest, owner, expires_at) VALUES ('old', 'x', '', 0)",
    );
    const refused = await child.post('sys/events/ticket');
    expect(refused.status).toBe(503);
    expect(await errorsOf(refused)).toContain('you have as many as are free');
    for (const other of [await aHolder(LISTENER), root]) {
      expect((await other.post('sys/events/ticket')).status).toBe(200);
    }
  });
});

describe('the tokens of a namespace', () => {
  /** Makes rows of tokens of an owner, as if they had been made. */
  async function fill(key: string, owner: string, number: number): Promise<void> {
    await sql(
      authority(key),
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO tokens (digest, accessor, owner, created_at, request)
         SELECT 'x' || i, 'x' || i, ?, 0, '{}' FROM n`,
      number,
      owner,
    );
  }

  it('are not all made by one token and those that it makes', async () => {
    const maker = await aHolder(MAKER);
    const child = await childOf(maker);
    const [{ owner }] = (await sql<{ owner: string }>(
      authority(),
      'SELECT owner FROM tokens WHERE owner IS NOT NULL',
    )) as [{ owner: string }];
    await fill('', owner, MAX_TOKENS / 2);
    await evictDurableObject(authority());
    for (const each of [maker, child]) {
      const refused = await each.post('auth/token/create');
      expect(refused.status).toBe(400);
      expect(await errorsOf(refused)).toMatch(
        /^you have as many tokens as are free of the 100000 that all share in this namespace/,
      );
    }
    await childOf(await aHolder(MAKER));
  });

  it('of one maker have its shares also where they are orphans, unless it has sudo there', async () => {
    const path = 'auth/token/create-orphan';
    const ownerOfOrphan = async (policy: string) => {
      const maker = await aHolder(policy);
      const { accessor } = await maker.makes({}, path);
      const [row] = await sql<{ owner: string | null; maker: number }>(
        authority(),
        'SELECT owner, (SELECT MAX(id) FROM tokens WHERE id < made.id) AS maker FROM tokens AS made WHERE accessor = ?',
        accessor,
      );
      return row && { owner: row.owner, makers: `token ${row.maker}` };
    };
    const ofMaker = await ownerOfOrphan(granting({ [path]: 'update' }));
    expect(ofMaker?.owner).toBe(ofMaker?.makers);
    const ofTrusted = await ownerOfOrphan(granting({ [path]: 'update sudo' }));
    expect(ofTrusted?.owner).toBe(null);
  });

  it('are not all taken by the logins of one entity', async () => {
    const { policy } = await aHolder(LISTENER);
    await logins(policy, 1);
    const [{ owner }] = (await sql<{ owner: string }>(
      authority(),
      'SELECT owner FROM tokens WHERE owner IS NOT NULL',
    )) as [{ owner: string }];
    expect(owner).toMatch(/^entity /);
    await fill('', owner, MAX_TOKENS / 2);
    await evictDurableObject(authority());
    await logins(policy, 2);
  });
});

describe('the secret ids of a namespace', () => {
  it('are not all taken by one role', async () => {
    for (const role of ['greedy', 'other']) await root.writes(`auth/approle/role/${role}`);
    await sql(
      authority(),
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO secret_ids (role, digest, accessor, created_at, uses_left, request)
         SELECT 'greedy', 'x' || i, 'x' || i, 0, 0, '{}' FROM n`,
      MAX_SECRET_IDS / 2,
    );
    const refused = await root.post('auth/approle/role/greedy/secret-id');
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toContain('this role has as many as are free');
    await root.writes('auth/approle/role/other/secret-id');
  });
});
