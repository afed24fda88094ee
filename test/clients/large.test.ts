/** More is missed than one connection receives: the server closes it, and the next one goes on there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectAll, missing, nameOf, POPULATION, returned } from './support/breaks.ts';
import { RestartedSite } from './support/site.ts';

/** 200 of them have 4 MB, and a connection receives 2 MiB of the past. */
const MISSED = Array.from({ length: 200 }, (_, index) => `missed-${index + 1}`);
const PADDING = 'x'.repeat(20_000);

let site: RestartedSite;
beforeAll(async () => {
  site = await RestartedSite.open();
}, 120_000);
afterAll(() => site[Symbol.asyncDispose]());

it('a client that missed four megabytes receives them in parts, each of them once', async () => {
  const connected = await connectAll(site, POPULATION);
  for (const { network } of connected) network.cutAll();
  // All are written before the first client is back.
  await Promise.all(MISSED.map((id) => site.write(id, { padding: PADDING })));
  await Promise.all(connected.map(({ client }) => returned(client, MISSED)));
  for (const member of connected) {
    const { connections } = member.client;
    expect(missing(member.client, MISSED), nameOf(member)).toEqual([]);
    expect(connections.length, nameOf(member)).toBeGreaterThanOrEqual(3);
    expect(connections.flat(), nameOf(member)).toHaveLength(MISSED.length);
  }
}, 120_000);
