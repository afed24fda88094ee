/** The optional binding `RATE_LIMITER`. In these tests it takes three requests of an address in a minute. */
import { describe, expect, vi } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { RATE_LIMIT_RETRY_SECONDS } from '../../src/http/limits.ts';
import { networkOf } from '../../src/http/rate-limit.ts';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { mintTicket, mintToken } from '../../src/token/token-form.ts';
import { it } from './fixtures.ts';
import { aHolder, aName, Client, errorsOf, granting, root } from './security-support.ts';

const LIMIT = 3;
let addresses = 0;

function anAddress(): string {
  return `192.0.2.${++addresses}`;
}

class ClientAt extends Client {
  readonly #address: string;

  constructor(address: string, token: string | undefined, namespace = '') {
    super(token, namespace);
    this.#address = address;
  }

  override fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('cf-connecting-ip', this.#address);
    return super.fetch(path, { ...init, headers });
  }
}

async function statuses(
  times: number,
  send: (turn: number) => Promise<Response>,
): Promise<number[]> {
  const all: number[] = [];
  for (let turn = 0; turn < times; turn++) all.push((await send(turn)).status);
  return all;
}

describe('an address', () => {
  it.each<[string, number, (address: string) => Promise<Response>]>([
    ['tokens', 403, async (address) => new ClientAt(address, await mintToken('')).publish('abc')],
    [
      'tickets',
      403,
      async (address) =>
        new ClientAt(address, undefined).handshake('abc', `&ticket=${await mintTicket('')}`),
    ],
    [
      'namespaces',
      404,
      (address) => new ClientAt(address, undefined, aName('x')).post('auth/jwt/login'),
    ],
    [
      'logins',
      400,
      (address) => new ClientAt(address, undefined).post('auth/approle/login', { role_id: 'a' }),
    ],
    [
      'sources',
      404,
      (address) => {
        workerCaches.sourceChanged();
        return new ClientAt(address, undefined).post(`sys/events/in/${aName('source')}`);
      },
    ],
  ])('that tries many %s is refused before an authority is asked', async (_what, status, send) => {
    const address = anAddress();
    expect(await statuses(LIMIT, () => send(address))).toEqual(Array(LIMIT).fill(status));
    const asked = ['lookUp', 'openSource', 'matchAppRole', 'jwtConfig'] as const;
    const spies = asked.map((method) => vi.spyOn(Authority.prototype, method));
    const refused = await send(address);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('Retry-After')).toBe(String(RATE_LIMIT_RETRY_SECONDS));
    expect(await errorsOf(refused)).toMatch(/too many requests from this address/);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    // Another address has a share of its own.
    expect((await send(anAddress())).status).toBe(status);
  });

  it('is not counted for a caller that the Worker has cached, nor for the root token', async () => {
    const address = anAddress();
    const { token } = await aHolder(granting({ 'sys/events/publish/*': 'update' }));
    const holder = new ClientAt(address, token);
    expect(await statuses(10, () => holder.publish('abc'))).toEqual(Array(10).fill(200));
    const ours = new ClientAt(address, 'root');
    expect(await statuses(10, () => ours.publish('abc'))).toEqual(Array(10).fill(200));
    // It has two of its three requests left.
    const guess = async () => new ClientAt(address, await mintToken('')).publish('abc');
    expect(await statuses(LIMIT, guess)).toEqual([403, 403, 429]);
    expect((await holder.publish('abc')).status).toBe(200);
  });

  it('is not counted for a token that no authority can know', async () => {
    const client = new ClientAt(anAddress(), `${await mintToken('')}x`);
    expect(await statuses(10, () => client.publish('abc'))).toEqual(Array(10).fill(403));
  });

  it('of IPv6 is counted with its network', async () => {
    const guess = async (turn: number) =>
      new ClientAt(`2001:db8:0:1::${turn}`, await mintToken('')).publish('abc');
    expect(await statuses(LIMIT + 1, guess)).toEqual([403, 403, 403, 429]);
    const neighbour = new ClientAt('2001:db8:0:2::1', await mintToken(''));
    expect((await neighbour.publish('abc')).status).toBe(403);
  });
});

it('without an address, as from another Worker, nothing is limited', async () => {
  const guess = async () => new Client(await mintToken('')).publish('abc');
  expect(await statuses(10, guess)).toEqual(Array(10).fill(403));
  expect((await root.publish('abc')).status).toBe(200);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0001:0002:0003:0004:0005', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
