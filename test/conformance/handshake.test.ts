import { describe, expect, it } from 'vitest';
import { HANDSHAKE, type Header, handshake, rawRequest, TOKEN } from './support/raw-request.ts';
import { expectErrors } from './support/target.ts';

const SUBSCRIBE = '/v1/sys/events/subscribe';

describe('a request to subscribe', () => {
  it('is answered with the digest of its key (RFC 6455, section 1.3)', async () => {
    const { headers } = await handshake(`${SUBSCRIBE}/abc`);
    expect(headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('may name tokens of Connection besides Upgrade, in any case', async () => {
    const headers = { Connection: 'keep-alive, upgrade', Upgrade: 'WebSocket' };
    expect(await handshake(`${SUBSCRIBE}/abc`, headers)).toMatchObject({ status: 101 });
  });

  it('may have parameters that the server does not know', async () => {
    const answer = await handshake(`${SUBSCRIBE}/abc?json=true&unknown=%2A&flag`);
    expect(answer).toMatchObject({ status: 101 });
  });

  it('counts by the first value of a parameter that is there twice', async () => {
    const answer = await handshake(`${SUBSCRIBE}/abc?json=true&json=bad`);
    expect(answer).toMatchObject({ status: 101 });
    expectErrors(await handshake(`${SUBSCRIBE}/abc?json=bad&json=true`), 400, [
      'invalid parameter for JSON: bad',
    ]);
  });

  // Vault takes the first alone. So Vault Proxy, which sends its ended token first, stays deaf there.
  it('counts by the valid one of two token headers', async () => {
    const bogus: Header = ['X-Vault-Token', 'bogus'];
    const others = Object.entries(HANDSHAKE);
    const path = `${SUBSCRIBE}/abc`;
    for (const tokens of [
      [bogus, TOKEN],
      [TOKEN, bogus],
    ]) {
      const answer = await rawRequest({ path, headers: [...tokens, ...others] });
      expect(answer).toMatchObject({ status: 101 });
    }
    const neither = await rawRequest({ path, headers: [bogus, bogus, ...others] });
    expect(neither).toMatchObject({ status: 403 });
  });

  it('of a Vault Proxy that has added its headers again for days is taken', async () => {
    const copies = Array.from({ length: 431 }, (): Header[] => [TOKEN, ['X-Vault-Namespace', '']]);
    const headers = [...Object.entries(HANDSHAKE), ...copies.flat()];
    const path = `${SUBSCRIBE}/kv%2A?json=true&namespaces=%2A`;
    expect(await rawRequest({ path, headers })).toMatchObject({ status: 101 });
  });
});
