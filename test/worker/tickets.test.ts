/** Tickets: what one stands for, and what it does not. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { Authority } from '../../src/authority/authority.ts';
import { MAX_TICKETS, MAX_TOKEN_CHARACTERS, TICKET_TTL_SECONDS } from '../../src/token/limits.ts';
import { digestOf, mintTicket } from '../../src/token/token-form.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  closedPromptly,
  elapse,
  errorsOf,
  granting,
  hubOf,
  keyOf,
  LISTENER,
  objects,
  on,
  root,
  sql,
} from './security-support.ts';
import { Subscriber } from './support.ts';

const PATH = 'sys/events/ticket';
const INVALID = '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n';
const nobody = new Client(undefined);

async function ticketOf(client: Client): Promise<string> {
  return (await client.writes(PATH)).data.ticket as string;
}

/** What a page does: no header but those of the handshake. */
function comesWith(ticket: string, client = nobody, query = ''): Promise<Response> {
  return client.handshake('abc', `&ticket=${encodeURIComponent(ticket)}${query}`);
}

async function subscribesWith(ticket: string): Promise<Subscriber> {
  const response = await comesWith(ticket);
  if (response.webSocket === null) throw new Error(`answered ${response.status}`);
  return new Subscriber(response.webSocket);
}

describe('a ticket', () => {
  it('is handed out for a minute to whoever has a token', async () => {
    for (const client of [root, await aHolder(LISTENER)]) {
      const before = Date.now();
      for (const method of ['POST', 'PUT']) {
        const { data } = await accepted(await client.fetch(PATH, { method }));
        expect(data).toEqual({
          ticket: expect.stringMatching(/^ctt\.[A-Za-z0-9]{32}\.[0-9a-f]{8}$/),
          expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          ttl: TICKET_TTL_SECONDS,
        });
        const expiresAt = Date.parse(data.expires_at as string);
        expect(expiresAt - before).toBeGreaterThanOrEqual(TICKET_TTL_SECONDS * 1000);
        expect(expiresAt - Date.now()).toBeLessThanOrEqual(TICKET_TTL_SECONDS * 1000);
      }
    }
  });

  it('is refused to whoever has none, or whose policies do not allow it', async () => {
    expect(await errorsOf(await nobody.post(PATH))).toBe('permission denied');
    expect(await errorsOf(await new Client('x').post(PATH))).toBe(INVALID);
    const narrow = await aHolder(LISTENER, { no_default_policy: true });
    expect((await narrow.post(PATH)).status).toBe(403);
    expect((await root.get(PATH)).status).toBe(405);
    const allowed = await aHolder(`${LISTENER}\n${granting({ [PATH]: 'update' })}`, {
      no_default_policy: true,
    });
    expect((await allowed.post(PATH)).status).toBe(200);
  });

  it('opens a subscription in the place of its token, with the rights of that', async () => {
    const holder = await aHolder(
      granting({ 'sys/events/subscribe/abc': 'read', 'secret/a': 'list subscribe' }),
    );
    const subscriber = await subscribesWith(await ticketOf(holder));
    await root.published('abc', on('secret/b'));
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    const elsewhere = await nobody.handshake('def', `&ticket=${await ticketOf(holder)}`);
    expect(await errorsOf(elsewhere)).toBe('1 error occurred:\n\t* permission denied\n\n');
  });

  it('opens one for the root token', async () => {
    const subscriber = await subscribesWith(await ticketOf(root));
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('leaves a subscription that ends when its token is revoked', async ({ holder }) => {
    const subscriber = await subscribesWith(await ticketOf(holder));
    await holder.writes('auth/token/revoke-self');
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });

  it('is nothing but a ticket: no header takes it for a token, no other request takes it', async () => {
    const ticket = await ticketOf(root);
    expect(await errorsOf(await new Client(ticket).handshake('abc'))).toBe(INVALID);
    for (const path of [PATH, 'sys/events/publish/abc', 'auth/token/create']) {
      const response = await nobody.post(`${path}?ticket=${ticket}`);
      expect(await errorsOf(response)).toBe('permission denied');
    }
    expect((await comesWith(ticket)).status).toBe(101);
  });

  it('is no token of somebody who brings a token as a ticket', async () => {
    const { client_token: token } = await root.makes({ policies: ['root'] });
    for (const text of ['root', token, await digestOf('root')]) {
      expect(await errorsOf(await comesWith(text))).toBe(INVALID);
    }
  });
});

describe('a ticket is used once', () => {
  it('and not again', async () => {
    for (const client of [root, await aHolder(LISTENER)]) {
      const ticket = await ticketOf(client);
      expect((await comesWith(ticket)).status).toBe(101);
      expect(await errorsOf(await comesWith(ticket))).toBe(INVALID);
    }
    expect(await sql(authority(), 'SELECT * FROM tickets')).toEqual([]);
  });

  it('by one of many who bring it at once', async () => {
    for (const client of [root, await aHolder(LISTENER)]) {
      const ticket = await ticketOf(client);
      const statuses = await Promise.all(
        Array.from({ length: 10 }, async () => (await comesWith(ticket)).status),
      );
      expect(statuses.sort()).toEqual([101, ...Array(9).fill(403)]);
    }
  });

  it('also where the request comes to nothing', async ({ holder }) => {
    for (const [query, status] of [
      ['&filter=(', 400],
      ['&json=maybe', 400],
    ] as const) {
      const ticket = await ticketOf(holder);
      const wrong = await nobody.fetch(`sys/events/subscribe/abc?ticket=${ticket}${query}`, {
        headers: { Upgrade: 'websocket' },
      });
      expect(wrong.status).toBe(status);
      expect((await comesWith(ticket)).status).toBe(403);
    }
  });
});

describe('a ticket is refused', () => {
  it('when its minute is over, and then takes no room', async () => {
    const [late, later] = [await ticketOf(await aHolder(LISTENER)), await ticketOf(root)];
    elapse(TICKET_TTL_SECONDS * 1000);
    expect(await errorsOf(await comesWith(late))).toBe(INVALID);
    await ticketOf(root);
    expect(await sql(authority(), 'SELECT COUNT(*) AS tickets FROM tickets')).toEqual([
      { tickets: 1 },
    ]);
    expect(await errorsOf(await comesWith(later))).toBe(INVALID);
  });

  it('when its token was revoked, or has expired', async () => {
    const revoked = await aHolder(LISTENER);
    const expired = await aHolder(LISTENER, { ttl: '10s' });
    const tickets = [await ticketOf(revoked), await ticketOf(expired)];
    await revoked.writes('auth/token/revoke-self');
    elapse(10_000);
    for (const ticket of tickets) expect(await errorsOf(await comesWith(ticket))).toBe(INVALID);
  });

  it('when its token was revoked and another made of the same text', async () => {
    const made = { id: 'chosen-by-somebody', policies: ['root'] };
    await root.makes(made);
    const ticket = await ticketOf(new Client(made.id));
    await root.writes('auth/token/revoke', { token: made.id });
    await root.makes(made);
    expect(await errorsOf(await comesWith(ticket))).toBe(INVALID);
    expect((await comesWith(await ticketOf(new Client(made.id)))).status).toBe(101);
  });

  it('when it was the root token’s, and the secret is another', async () => {
    const ticket = await ticketOf(root);
    const at = (secret: string, ticketText: string) =>
      app.fetch(
        new Request(`http://carillon.test/v1/sys/events/subscribe/abc?ticket=${ticketText}`, {
          headers: { Upgrade: 'websocket' },
        }),
        { ...env, ROOT_TOKEN: secret },
      );
    expect(await errorsOf(await at('toor', ticket))).toBe(INVALID);
    expect(await errorsOf(await at('root', ticket))).toBe(INVALID);
    expect((await at('root', await ticketOf(root))).status).toBe(101);
  });

  it('in a namespace that its token does not reach', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const holder = await aHolder(LISTENER, {}, team);
    for (const namespace of ['', sibling, 'no-such-team']) {
      const response = await comesWith(await ticketOf(holder), nobody.in(namespace));
      expect(await errorsOf(response)).toBe('1 error occurred:\n\t* permission denied\n\n');
    }
    expect((await comesWith(await ticketOf(holder), nobody.in(team))).status).toBe(101);
    const inUrl = await nobody.fetch(
      `${team}/sys/events/subscribe/abc?ticket=${await ticketOf(holder)}`,
      { headers: { Upgrade: 'websocket' } },
    );
    expect(inUrl.status).toBe(101);
    expect(await sql(authority(), 'SELECT * FROM tickets')).toEqual([]);
  });

  it('in a namespace that was deleted and made again', async ({ team }) => {
    const ticket = await ticketOf(await aHolder(LISTENER, {}, team));
    await root.removes(`sys/namespaces/${team}`);
    expect((await comesWith(ticket, nobody.in(team))).status).toBe(403);
    await root.makesNamespace(team);
    expect(await errorsOf(await comesWith(ticket, nobody.in(team)))).toBe(INVALID);
  });

  it('when it is forged, without any object being made or asked', async ({ team }) => {
    const real = await ticketOf(await aHolder(LISTENER, {}, team));
    const before = await objects();
    const lookUps = vi.spyOn(Authority.prototype, 'lookUp');
    for (const forged of [
      'ctt.',
      real.slice(0, -1),
      real.replace(`.${team}`, ''),
      real.replace('ctt.', 'ctk.'),
      real.toUpperCase(),
      `${real}.x`,
      'x'.repeat(MAX_TOKEN_CHARACTERS + 1),
      await mintTicket('no-such-team'),
    ]) {
      expect(await errorsOf(await comesWith(forged))).toBe(INVALID);
    }
    const asked = lookUps.mock.calls.flat(2).map(({ ticket }) => ticket);
    expect(asked.filter((each) => each !== undefined)).toEqual([]);
    for (const unknown of [await mintTicket(''), await mintTicket(team)]) {
      expect(await errorsOf(await comesWith(unknown))).toBe(INVALID);
    }
    expect(await objects()).toEqual(before);
    expect((await comesWith(real, nobody.in(team))).status).toBe(101);
  });

  it('with a token beside it, and then remains', async ({ holder }) => {
    const ticket = await ticketOf(holder);
    for (const client of [root, holder, new Client('nobody')]) {
      const response = await comesWith(ticket, client);
      expect([response.status, await errorsOf(response)]).toEqual([
        400,
        'the request has both a token and a ticket; send one of them',
      ]);
    }
    expect((await comesWith(ticket)).status).toBe(101);
  });

  it('where it is blank, as a request without any', async () => {
    expect(await errorsOf(await comesWith(''))).toBe('permission denied');
    expect((await comesWith(' ', root)).status).toBe(101);
  });
});

describe('a token whose uses are counted', () => {
  it('spends one on a ticket, and one more when that is used', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 4 });
    const ticket = await ticketOf(holder);
    expect((await holder.reads('auth/token/lookup-self')).data.num_uses).toBe(2);
    const subscriber = await subscribesWith(ticket);
    expect((await holder.reads('auth/token/lookup-self')).data.num_uses).toBe(0);
    expect(subscriber.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is refused a ticket that could not be used', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 1 });
    const response = await holder.post(PATH);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('took the last use of the token');
    expect(await sql(authority(), 'SELECT * FROM tickets')).toEqual([]);
  });

  it('has no use left for a second ticket than for those that it has', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 3 });
    const tickets = [await ticketOf(holder), await ticketOf(holder)];
    expect((await comesWith(tickets[0] ?? '')).status).toBe(101);
    expect(await errorsOf(await comesWith(tickets[1] ?? ''))).toBe(INVALID);
  });

  it('lives on in a subscription by a ticket that took its last use', async () => {
    const holder = await aHolder(LISTENER, { num_uses: 2, ttl: '1h' });
    const subscriber = await subscribesWith(await ticketOf(holder));
    elapse(60 * 60 * 1000 - 5000);
    await runDurableObjectAlarm(authority());
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
    elapse(5000);
    await runDurableObjectAlarm(hubOf('abc'));
    expect(await closedPromptly(subscriber)).toEqual({ code: 1000, reason: '' });
  });
});

describe('of as many tickets as are allowed', () => {
  async function fill(key: string): Promise<void> {
    await sql(
      authority(key),
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO tickets (digest, holder_digest, owner, expires_at) SELECT 'x' || i, 'x', '', ? FROM n`,
      MAX_TICKETS,
      Date.now() + TICKET_TTL_SECONDS * 1000,
    );
  }

  it('one more is refused until some are used or expire, and other namespaces are not touched', async ({
    team,
  }) => {
    const key = await keyOf(team);
    const holder = await aHolder(LISTENER, {}, team);
    await fill(key);
    const response = await holder.post(PATH);
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toMatch(/^[2-4]$/);
    expect(await errorsOf(response)).toContain(`${MAX_TICKETS} unused tickets`);
    await ticketOf(root);
    elapse(TICKET_TTL_SECONDS * 1000);
    expect((await comesWith(await ticketOf(holder), nobody.in(team))).status).toBe(101);
    expect(await sql(authority(key), 'SELECT * FROM tickets')).toEqual([]);
  });

  it('a used one makes room', async () => {
    const ticket = await mintTicket('');
    await fill('');
    const digest = await digestOf(ticket);
    await sql(authority(), "UPDATE tickets SET digest = ? WHERE digest = 'x1'", digest);
    expect((await root.post(PATH)).status).toBe(503);
    expect((await comesWith(ticket)).status).toBe(403);
    expect((await root.post(PATH)).status).toBe(200);
    expect((await root.post(PATH)).status).toBe(503);
  });
});

describe('what is stored of a ticket', () => {
  it('has neither the ticket nor the token, nor what the root token could be found by', async ({
    holder,
  }) => {
    const tickets = [await ticketOf(holder), await ticketOf(root)];
    const rows = JSON.stringify(await sql(authority(), 'SELECT * FROM tickets'));
    for (const secret of [...tickets, holder.auth.client_token, await digestOf('root')]) {
      expect(rows).not.toContain(secret);
      expect(rows).not.toContain(secret.slice(4, 36));
    }
    expect(rows).toContain(await digestOf(tickets[0] ?? ''));
  });
});
