/** The places of a hub that one token has, where thousands of handshakes race for them. */
import { describe, expect } from 'vitest';
import { MAX_SOCKETS_PER_TOKEN } from '../../src/hub/limits.ts';
import { MAX_CACHED_LOOKUPS } from '../../src/lib/limits.ts';
import { encodeHandshake } from '../../src/subscription/handshake.ts';
import { it } from './fixtures.ts';
import { aHolder, authority, handshakeOf, LISTENER, sql } from './security-support.ts';
import { hubStub } from './support.ts';

describe('the places of a hub', () => {
  it('of one token are not exceeded by handshakes that race', async () => {
    const handshake = await handshakeOf(await aHolder(LISTENER));
    const racing = Array.from({ length: 2.5 * MAX_SOCKETS_PER_TOKEN }, async () => {
      const response = await hubStub('abc').fetch(encodeHandshake(handshake));
      response.webSocket?.accept();
      return response.status;
    });
    const statuses = await Promise.all(racing);
    expect(statuses.filter((status) => status === 101).length).toBe(MAX_SOCKETS_PER_TOKEN);
    expect(statuses.filter((status) => status === 503).length).toBe(1.5 * MAX_SOCKETS_PER_TOKEN);
  });

  it('of one token are not exceeded while more other tokens come than the hub remembers', async ({
    holder,
  }) => {
    await sql(
      authority(),
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO tokens (digest, accessor, created_at, request)
         SELECT 'x' || i, 'x' || i, created_at, request FROM n, tokens`,
      2 * MAX_CACHED_LOOKUPS,
    );
    const racing = await handshakeOf(holder);
    const asked = Array.from({ length: 1.2 * MAX_SOCKETS_PER_TOKEN }, (_, i) => {
      const digest = `x${1 + (i % (2 * MAX_CACHED_LOOKUPS))}`;
      return [racing, { ...racing, token: { authority: '', digest } }];
    }).flat();
    const answered = await Promise.all(
      asked.map(async (handshake) => {
        const response = await hubStub('abc').fetch(encodeHandshake(handshake));
        response.webSocket?.accept();
        return handshake === racing ? response.status : 0;
      }),
    );
    expect(answered.filter((status) => status === 101).length).toBe(MAX_SOCKETS_PER_TOKEN);
  });
});
