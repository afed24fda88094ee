/** The page of `examples/github-page`, with a delivery that is signed as GitHub signs it. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, untilLines, untilState, useBrowser } from './support/browser.ts';
import { startWorld, type World } from './support/world.ts';

const SECRET = 'a secret that GitHub knows too';

let world: World;

useBrowser();
beforeAll(async () => {
  world = await startWorld('github-page', { asRoot: true });
  const { address, token } = world.server;
  const answer = await fetch(`${address}/v1/sys/events/sources/github`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token },
    body: JSON.stringify({ kind: 'github', secrets: [SECRET] }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
});
afterAll(() => world[Symbol.asyncDispose]());

/** As GitHub calls the source. */
async function deliver(event: string, repository: string): Promise<void> {
  const body = JSON.stringify({ repository: { full_name: repository } });
  const answer = await fetch(`${world.server.address}/v1/sys/events/in/github`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': event,
      'X-GitHub-Delivery': crypto.randomUUID(),
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
    body,
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}

it('shows what is retained, and then what happens, the newest first', async () => {
  await deliver('push', 'acme/site');
  const { page } = await openPage(world.example.address);
  await untilState(page, 'log in');
  await Promise.all([page.waitForNavigation(), page.click('form button')]);
  await untilState(page, 'connected');
  expect(await untilLines(page, 1)).toEqual(['push acme/site']);
  await deliver('release', 'acme/<b>api</b>');
  expect(await untilLines(page, 2)).toEqual(['release acme/<b>api</b>', 'push acme/site']);
});
