/** The single-file client on a page of a host that only has files. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LastingServer } from '../support/lasting-server.ts';
import { openPage, picture, untilLines, untilState, useBrowser } from './support/browser.ts';
import { type Site, startSite } from './support/site.ts';
import { linesFor, startServer, ticketOf, write } from './support/world.ts';

let server: LastingServer;
let site: Site;

useBrowser();
beforeAll(async () => {
  site = await startSite();
  server = await startServer(site.origin);
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function addressAt(origin: string, ticket: string): Promise<string> {
  return `${origin}/?${new URLSearchParams({ url: server.address, ticket })}`;
}

it('shows an event of a server that has another origin', async () => {
  const { page } = await openPage(await addressAt(site.origin, await ticketOf(server)));
  await untilState(page, 'connected');
  await write(server, 'app');
  expect(await untilLines(page, 1)).toEqual(linesFor('app'));
});

it('ends when the connection of its only ticket ends, and says what would help', async () => {
  const { page } = await openPage(await addressAt(site.origin, await ticketOf(server)));
  await untilState(page, 'connected');
  await server.kill();
  const state = await untilState(page, 'disconnected');
  expect(state).toContain('a ticket opens one connection, so give a function as ticket');
  await server.start();
});

it('of an origin that is not allowed is told which one to allow', async () => {
  await using other = await startSite();
  const { page } = await openPage(await addressAt(other.origin, await ticketOf(server)));
  const state = await untilState(page, 'unavailable');
  expect(state).toContain(`its ALLOWED_ORIGINS must have ${other.origin}`);
  await picture(page, 'static-refused');
});
