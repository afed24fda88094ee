/** A server that is killed and started again, and clients that know nothing of positions: they lose nothing. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLocalServer } from '../support/local-server.ts';
import { post } from '../support/post.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type Subscriber, subscribe } from '../support/subscriber.ts';

const scratch = scratchFolder();
const PATTERNS = ['deploy/*', 'dep*'];
const STOCK = { query: 'json=true' };

/** The ids up to this one. */
async function idsUntil(subscriber: Subscriber, last: string): Promise<string[]> {
  const frames = await subscriber.framesUntil(`"id":"${last}"`);
  return frames.map(({ text }) => (JSON.parse(text) as { id: string }).id);
}

it('stock clients get what was published while the server was killed and they were away', async () => {
  const data = mkdtempSync(join(scratch, 'data-'));
  const options = ['--data', data, '--root-token', 'root'];
  const publish = (address: string, id: string) =>
    post({ address, token: 'root' }, 'sys/events/publish/deploy/finished', { id });
  const first = await startLocalServer(options);
  const lost = await Promise.all(PATTERNS.map((pattern) => subscribe(first, pattern, STOCK)));
  await publish(first.address, 'before');
  for (const subscriber of lost) expect(await idsUntil(subscriber, 'before')).toEqual(['before']);
  first.process.kill('SIGKILL');
  for (const { closed } of lost) expect(await closed).toMatchObject({ code: 1006 });

  const second = await startLocalServer(options);
  await publish(second.address, 'missed');
  const back = await Promise.all(PATTERNS.map((pattern) => subscribe(second, pattern, STOCK)));
  await publish(second.address, 'after');
  for (const subscriber of back) {
    // What it had already may come again.
    expect(await idsUntil(subscriber, 'after')).toEqual(['before', 'missed', 'after']);
    await subscriber.close();
  }

  const new_ = await subscribe(second, 'deploy/*', STOCK);
  await publish(second.address, 'new');
  expect(await idsUntil(new_, 'new')).toEqual(['new']);
  await new_.close();
  await second.stop();
});

it('a stock client whose connection is reset gets what it missed', async () => {
  const server = await startLocalServer(['--root-token', 'root']);
  const publish = (id: string) => post(server, 'sys/events/publish/deploy/finished', { id });
  for (const pattern of PATTERNS) {
    const lost = await subscribe(server, pattern, STOCK);
    lost.socket.terminate();
    await publish(`missed of ${pattern}`);
    const back = await subscribe(server, pattern, STOCK);
    await back.nextOf(`missed of ${pattern}`);
    await back.close();
  }
  await server.stop();
});
