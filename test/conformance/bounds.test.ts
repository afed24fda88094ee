/** Bounds of this server's own: a Vault has none of them. */
import { expect, it } from 'vitest';
import { handshake } from './support/raw-request.ts';
import { expectErrors } from './support/target.ts';

const SUBSCRIBE = '/v1/sys/events/subscribe';

it('a pattern may have 512 characters, and no more', async () => {
  expect(await handshake(`${SUBSCRIBE}/${'%2A'.repeat(512)}`)).toMatchObject({ status: 101 });
  expectErrors(await handshake(`${SUBSCRIBE}/${'%2A'.repeat(513)}`), 400, [
    expect.stringContaining('at most 512'),
  ]);
});
