/** A repeated `X-Vault-Token`: Vault Proxy sends a token that has ended in front of the one that it got after that. */
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import {
  aHolder,
  aName,
  Client,
  errorsOf,
  granting,
  LISTENER,
  on,
  root,
} from './security-support.ts';

async function aRevoked(): Promise<string> {
  const holder = await aHolder(LISTENER);
  await root.writes('auth/token/revoke', { token: holder.token });
  return holder.token as string;
}

describe('a handshake whose first token is not valid', () => {
  it('is that of the last one', async () => {
    const [dead, holder] = [await aRevoked(), await aHolder(LISTENER)];
    const client = new Client(`${dead}, ${dead}, ${holder.token}`);
    const subscriber = await client.subscribe('abc');
    const id = await root.published('abc', on('secret/a'));
    expect(await subscriber.nextId()).toBe(id);
  });

  it('is that of the first one that is valid, from the last on', async () => {
    const [dead, first] = [await aRevoked(), await aHolder(LISTENER)];
    const client = new Client(`${dead}, ${first.token}, ${await aRevoked()}`);
    expect((await client.handshake('abc')).status).toBe(101);
  });

  it.each(['text/event-stream', 'application/x-ndjson'])('as %s, too', async (Accept) => {
    const [dead, holder] = [await aRevoked(), await aHolder(LISTENER)];
    const client = new Client(`${dead}, ${holder.token}`);
    const response = await client.fetch('sys/events/subscribe/abc', { headers: { Accept } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, Accept]);
    await response.body?.cancel();
  });

  it('is refused as one with this token alone if no other is valid', async () => {
    const dead = await aRevoked();
    const alone = await new Client(dead).handshake('abc');
    const response = await new Client(`${dead}, ${await aRevoked()}`).handshake('abc');
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).toBe(await errorsOf(alone));
  });
});

describe('the first token counts, as in Vault,', () => {
  it('if it is valid, and may not subscribe', async () => {
    const [powerless, holder] = [
      await aHolder(granting({ 'secret/*': 'read' })),
      await aHolder(LISTENER),
    ];
    const response = await new Client(`${powerless.token}, ${holder.token}`).handshake('abc');
    expect(response.status).toBe(403);
    expect(await errorsOf(response)).not.toContain('invalid token');
  });

  it('for everything but a handshake', async () => {
    const client = new Client(`${await aRevoked()}, root`);
    expect((await client.get(`sys/policies/acl/${aName('policy')}`)).status).toBe(403);
    expect((await client.publish('abc')).status).toBe(403);
  });
});
