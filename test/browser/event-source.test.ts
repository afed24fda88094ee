/** The page of `examples/event-source`: the browser's own EventSource, with tickets in its URLs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, picture, untilLines, untilState, useBrowser } from './support/browser.ts';
import { linesFor, startWorld, type World, write } from './support/world.ts';

let world: World;

useBrowser();
beforeAll(async () => {
  world = await startWorld('event-source', { asRoot: true });
});
afterAll(() => world[Symbol.asyncDispose]());

async function openLoggedIn() {
  const opened = await openPage(world.example.address);
  await untilState(opened.page, 'log in');
  await Promise.all([opened.page.waitForNavigation(), opened.page.click('form button')]);
  await untilState(opened.page, 'connected');
  return opened;
}

it('resumes where it was when the server is killed and started again', async () => {
  const { page, sent } = await openLoggedIn();
  await write(world.server, 'a', 'b');
  await untilLines(page, 2);
  await world.server.kill();
  await untilState(page, 'reconnecting');
  await world.server.start();
  await write(world.server, 'c');
  expect(await untilLines(page, 3)).toEqual(linesFor('a', 'b', 'c'));
  await write(world.server, 'd');
  expect(await untilLines(page, 4)).toEqual(linesFor('a', 'b', 'c', 'd'));
  await picture(page, 'event-source');

  const streams = sent.filter((text) => text.includes('/sys/events/subscribe/'));
  const tickets = streams.map((url) => new URL(url).searchParams.get('ticket'));
  expect(new Set(tickets).size).toBe(tickets.length);
  expect(new URL(streams.at(-1) ?? '').searchParams.get('lastEventId')).toMatch(/^cc2\./);
  expect(sent.filter((text) => text.includes('X-Vault-Token'))).toEqual([]);
});

it('says where events may be missing, also when the server has lost the position', async () => {
  const { page } = await openLoggedIn();
  await write(world.server, 'before');
  await untilLines(page, 1);
  await world.server.kill();
  world.server.loseData();
  await world.server.start();
  await write(world.server, 'after');
  const [before = '', gap, after = ''] = await untilLines(page, 3);
  expect([before, after]).toEqual(linesFor('before', 'after'));
  expect(gap).toContain('Events may be missing here');
});
