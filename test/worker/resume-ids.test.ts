/** Coming back by ids that several events have. */
import { expect } from 'vitest';
import { MAX_REPLAY_BYTES } from '../../src/hub/limits.ts';
import { it } from './fixtures.ts';
import { handshake, publish, published, Subscriber } from './support.ts';

async function resume(pattern: string, since: string) {
  const query = new URLSearchParams({ json: 'true', since });
  const response = await handshake(pattern, query.toString());
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  return { response, subscriber: new Subscriber(response.webSocket) };
}

async function gets(subscriber: Subscriber): Promise<string[]> {
  await scheduler.wait(300);
  const heard: string[] = [];
  while (subscriber.waiting > 0) heard.push(await subscriber.nextId());
  return heard;
}

it.each(['deploy/*', 'dep*'])(
  'an id that many events of %s have does not hide what was missed',
  async (pattern) => {
    await published('deploy/finished', { id: '7' });
    await published('deploy/finished', { id: 'missed' });
    for (let i = 0; i < 20; i++) await published(`deploy/t${i}`, { id: '7' });
    const { response, subscriber } = await resume(pattern, '7');
    const heard = await gets(subscriber);
    const told = response.headers.get('Last-Event-ID') === 'earliest';
    expect(told || heard.includes('missed')).toBe(true);
  },
);

it('a subscriber that comes back by ids that two sources share gets on', async () => {
  const note = 'n'.repeat(28_000);
  const each = Math.ceil((1.3 * MAX_REPLAY_BYTES) / note.length);
  for (const type of ['deploy/one', 'deploy/two']) {
    for (let i = 0; i < each; i += 30) {
      const some = Array.from({ length: Math.min(30, each - i) }, (_, k) => ({
        id: `${i + k}`,
        note,
      }));
      expect((await publish(type, some)).status).toBe(200);
    }
  }
  await published('deploy/finished', { id: 'the-last' });
  let last = 'earliest';
  const rounds: string[] = [];
  while (last !== 'the-last' && rounds.length < 10) {
    const { subscriber } = await resume('deploy/*', last);
    last = (await gets(subscriber)).at(-1) ?? 'nothing';
    rounds.push(last);
  }
  expect(rounds).toContain('the-last');
});
