/** Hubs leave memory while their clients are connected, and again while these are away. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVICTION_MS } from '../support/observed-server.ts';
import { connectAll, missing, nameOf, POPULATION, returned } from './support/breaks.ts';
import { ObservedSite } from './support/site.ts';

/** Nothing else tells a hub that was evicted from one that is idle. */
const EVICTED_MS = EVICTION_MS + 3_000;

const WRITES = ['before', 'away-1', 'away-2', 'away-3', 'after'];

let site: ObservedSite;
beforeAll(async () => {
  site = await ObservedSite.open();
}, 120_000);
afterAll(() => site[Symbol.asyncDispose]());

async function evicted(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, EVICTED_MS));
}

it('a client that was cut off from a hub that is not in memory receives what was written meanwhile', async () => {
  const connected = await connectAll(site, POPULATION);
  await site.write('before');
  for (const { client } of connected) await client.until(() => client.copiesOf('before') > 0);
  const { hub, wildcardHub } = await site.made();
  await evicted();

  for (const { network } of connected) {
    network.target = 0;
    network.cutAll();
  }
  for (const id of ['away-1', 'away-2', 'away-3']) await site.write(id);
  await evicted();

  for (const { network } of connected) site.repair(network);
  await Promise.all(
    connected.map(({ client }) => client.until(() => client.connections.length > 1)),
  );
  await site.write('after');
  await Promise.all(connected.map(({ client }) => returned(client, WRITES)));
  const lost = connected.map((member) => [nameOf(member), missing(member.client, WRITES)]);
  expect(lost).toEqual(connected.map((member) => [nameOf(member), []]));
  const now = await site.made();
  expect(now.hub).toBeGreaterThanOrEqual(hub + 2);
  expect(now.wildcardHub).toBeGreaterThanOrEqual(wildcardHub + 2);
}, 120_000);
