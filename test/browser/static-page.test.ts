/** The single-file client on a page of a host that only has files. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PING_INTERVAL_MS } from '../../src/client/bounds.ts';
import { HEARTBEAT } from '../../src/wire/carillon-v1/heartbeat.ts';
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

it('keeps its connection by heartbeats, and over a time in which the page was suspended', async () => {
  const { page, closed } = await openPage(await addressAt(site.origin, await ticketOf(server)));
  await untilState(page, 'connected');
  const session = await page.createCDPSession();
  await session.send('Network.enable');
  const answered = new Promise<void>((resolve) => {
    session.on('Network.webSocketFrameReceived', ({ response }) => {
      if (response.payloadData === HEARTBEAT) resolve();
    });
  });
  await answered;
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  // Time is what is tested: two heartbeats are due meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 2.5 * PING_INTERVAL_MS));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await write(server, 'after-sleep');
  expect(await untilLines(page, 1)).toEqual(linesFor('after-sleep'));
  expect(closed).toEqual([]);
}, 240_000);
