/** The page of `examples/browser-ticket`, which loads the single-file client and has another origin than the server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, picture, untilLines, untilState, useBrowser } from './support/browser.ts';
import { linesFor, startWorld, type World, write } from './support/world.ts';

let world: World;

useBrowser();
beforeAll(async () => {
  world = await startWorld('browser-ticket');
});
afterAll(() => world[Symbol.asyncDispose]());

async function openLoggedIn({ example } = world) {
  const opened = await openPage(example.address);
  await untilState(opened.page, 'log in');
  await Promise.all([opened.page.waitForNavigation(), opened.page.click('form button')]);
  await untilState(opened.page, 'connected');
  return opened;
}

it('asks its user to log in, and shows an event then', async () => {
  const { page } = await openPage(world.example.address);
  await untilState(page, 'log in');
  expect(await page.$eval('form', (form) => form.checkVisibility())).toBe(true);
  await picture(page, 'ticket-1-logged-out');
  await Promise.all([page.waitForNavigation(), page.click('form button')]);
  await untilState(page, 'connected');
  await write(world.server, 'app');
  expect(await untilLines(page, 1)).toEqual(linesFor('app'));
  expect(await page.$eval('form', (form) => form.checkVisibility())).toBe(false);
  await picture(page, 'ticket-2-event');
});

it('loses nothing and shows nothing twice while the server is killed and started again', async () => {
  const { page, sent } = await openLoggedIn();
  await write(world.server, 'a', 'b');
  await untilLines(page, 2);
  await world.server.kill();
  await untilState(page, 'reconnecting');
  await picture(page, 'ticket-3-reconnecting');
  await world.server.start();
  await write(world.server, 'c', 'd');
  expect(await untilLines(page, 4)).toEqual(linesFor('a', 'b', 'c', 'd'));
  await write(world.server, 'e');
  expect(await untilLines(page, 5)).toEqual(linesFor('a', 'b', 'c', 'd', 'e'));

  // The first connection had a ticket, and the next one the lease of the first, which is in no address.
  const used = sent.flatMap((text) => /[?&]ticket=(ctt\.[^&]+)/.exec(text)?.[1] ?? []);
  expect(used.length).toBeGreaterThanOrEqual(1);
  expect(new Set(used).size).toBe(used.length);
  expect(sent.filter((text) => text.startsWith('ws') && text.includes('lease'))).toEqual([]);
});

it('has the token nowhere: not in what it is sent, holds or sends', async () => {
  const { page, sent, console } = await openLoggedIn();
  await write(world.server, 'x');
  await untilLines(page, 1);
  const received = await page.evaluate(async () => {
    const files = await Promise.all(
      ['/', '/page.js', '/client.min.js', '/ticket'].map(async (path) => {
        const response = await fetch(path, { method: path === '/ticket' ? 'POST' : 'GET' });
        return response.text();
      }),
    );
    const stores = [localStorage, sessionStorage].map((store) => JSON.stringify(store));
    return [document.documentElement.outerHTML, document.cookie, ...stores, ...files];
  });
  const all = [...received, ...sent, ...console].join('\n');
  expect(all).toContain('ctt.');
  expect(all).not.toContain(world.token);
  expect(all).not.toContain('ctk.');
});

it('says where events may be missing', async () => {
  await using own = await startWorld('browser-ticket', { asRoot: true });
  const { page } = await openLoggedIn(own);
  await write(own.server, 'before');
  await untilLines(page, 1);
  await own.server.kill();
  own.server.loseData();
  await own.server.start();
  await write(own.server, 'after');
  const [before = '', gap, after = ''] = await untilLines(page, 3);
  expect([before, after]).toEqual(linesFor('before', 'after'));
  expect(gap).toBe('Events may be missing here (storage_lost)');
  await picture(page, 'ticket-4-gap');
});

it('asks its user to log in again if the session and the lease have ended meanwhile', async () => {
  await using own = await startWorld('browser-ticket');
  const { page } = await openLoggedIn(own);
  await page.deleteCookie(...(await page.cookies()));
  await own.server.kill();
  // With its lease, the page would connect again without its user.
  own.server.loseData();
  await own.server.start();
  await untilState(page, 'log in');
  expect(await page.$eval('form', (form) => form.checkVisibility())).toBe(true);
});

it('of an origin that is not allowed is told which one to allow', async () => {
  await using own = await startWorld('browser-ticket', { origins: 'https://elsewhere.test' });
  const { page } = await openPage(own.example.address);
  await untilState(page, 'log in');
  await Promise.all([page.waitForNavigation(), page.click('form button')]);
  const state = await untilState(page, 'ALLOWED_ORIGINS');
  expect(state).toContain(
    `cannot reach ${own.server.address} (Failed to fetch); if the server is running, its ALLOWED_ORIGINS must have ${own.example.address}`,
  );
  await picture(page, 'ticket-5-refused');
});
