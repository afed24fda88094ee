/** `RECONNECT_WINDOW` bounds what a stock client that returns is sent again, and `0s` shows that these tests see a loss. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectAll, missing, POPULATION, returned } from './support/breaks.ts';
import { RestartedSite, type Site } from './support/site.ts';
import { OPERATOR } from './support/stock-client.ts';

const WINDOW_S = 8;
/** The first wait of the operator, which is what all these clients are. */
const AWAY_S = 3.8;
/** A window is as exact as the clocks of a busy machine. */
const SLACK = 3;

const OPERATORS = POPULATION.filter(({ manners }) => manners.checksToken);
const BEFORE = Array.from({ length: 20 }, (_, index) => `before-${index + 1}`);
const AWAY = ['away-1', 'away-2', 'away-3'];
const AFTER = 'after';
const ALL = [...BEFORE, ...AWAY, AFTER];

let bounded: RestartedSite;
let without: RestartedSite;

beforeAll(async () => {
  [bounded, without] = await Promise.all([
    RestartedSite.open({ RECONNECT_WINDOW: `${WINDOW_S}s` }),
    RestartedSite.open({ RECONNECT_WINDOW: '0s' }),
  ]);
}, 120_000);
afterAll(() => Promise.all([bounded, without].map((site) => site[Symbol.asyncDispose]())));

async function second(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/** Clients that receive an event a second, lose their connections, and are back before the last event. */
async function clientsOf(site: Site) {
  const connected = await connectAll(site, OPERATORS);
  for (const id of BEFORE) {
    await site.write(id);
    await second();
  }
  for (const { network } of connected) network.cutAll();
  for (const id of AWAY) await site.write(id);
  const clients = connected.map(({ client }) => client);
  await Promise.all(clients.map((client) => client.until(() => client.connections.length > 1)));
  await site.write(AFTER);
  await Promise.all(clients.map((client) => client.until(() => client.copiesOf(AFTER) > 0)));
  return clients;
}

it('sends again only what is in the window, and loses nothing of it', async () => {
  const clients = await clientsOf(bounded);
  await Promise.all(clients.map((client) => returned(client, ALL)));
  for (const client of clients) {
    expect(missing(client, ALL)).toEqual([]);
    const again = BEFORE.filter((id) => client.copiesOf(id) > 1);
    expect(again.length).toBeLessThanOrEqual(WINDOW_S - AWAY_S + SLACK);
    // The newest ones, if any.
    expect(again).toEqual(BEFORE.slice(BEFORE.length - again.length));
  }
}, 90_000);

it('begins at now without a window', async () => {
  for (const client of await clientsOf(without)) {
    expect(missing(client, ALL)).toEqual(AWAY);
    expect(BEFORE.filter((id) => client.copiesOf(id) > 1)).toEqual([]);
  }
}, 90_000);

it('begins at now for a client that said goodbye', async () => {
  const account = await bounded.account();
  const pattern = 'kv*';
  const { client } = await bounded.connect(OPERATOR, pattern, account);
  await bounded.write('heard');
  await client.until(() => client.copiesOf('heard') > 0);
  await client[Symbol.asyncDispose]();
  await bounded.write('unheard');
  const { client: next } = await bounded.connect(OPERATOR, pattern, account);
  await bounded.write('heard by the next');
  await next.until(() => next.copiesOf('heard by the next') > 0);
  expect(next.connections).toEqual([['heard by the next']]);
});
