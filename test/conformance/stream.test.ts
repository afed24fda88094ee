import { describe, expect, it } from 'vitest';
import { subscribe } from '../support/subscriber.ts';
import { httpCases } from './support/cases.ts';
import { EVERY_KEY, publish, publishAll } from './support/publish.ts';
import { freshName, subscribeJson, target } from './support/target.ts';

describe('the frames of a subscription', () => {
  const spellings = {
    text: ['1', 't', 'T', 'TRUE', 'true', 'True'],
    binary: ['', '0', 'f', 'F', 'FALSE', 'false', 'False'],
  };
  for (const [frames, values] of Object.entries(spellings)) {
    it.each(values)(`are ${frames} where json is "%s"`, async (value) => {
      const type = `${freshName()}/made`;
      await using subscriber = await subscribe(target, type, { query: `json=${value}` });
      await publish(type);
      expect((await subscriber.next()).isBinary).toBe(frames === 'binary');
    });
  }

  for (const { id, request, expect: expected } of httpCases) {
    const { frames } = expected;
    if (frames === undefined) continue;
    it(`${id}: are ${frames} at ${request.path}`, async () => {
      const { pathname, search } = new URL(request.path, target.address);
      const type = pathname.replace('/v1/sys/events/subscribe/', '');
      await using subscriber = await subscribe(target, type, { query: search.slice(1) });
      const event = await publish(type, { metadata: EVERY_KEY });
      expect((await subscriber.nextOf(event)).isBinary).toBe(frames === 'binary');
    });
  }
});

describe('the stream of a subscription', () => {
  it('begins with the 101: what came before is not replayed', async () => {
    const type = `${freshName()}/made`;
    await publish(type);
    await using subscriber = await subscribeJson(type);
    await subscriber.nothingSoFar();
    const second = await publish(type);
    expect((await subscriber.framesUntil(second)).length).toBe(1);
  });

  it('keeps the order in which events of a namespace were published', async () => {
    const namespace = freshName();
    await using own = await subscribeJson(`${namespace}/*`);
    await using all = await subscribeJson('*');
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await publish(`${namespace}/step-${i % 3}`));
    for (const subscriber of [own, all]) {
      const frames = await subscriber.framesUntil(ids.at(-1) ?? '');
      const heard = frames.map(({ text }) => (JSON.parse(text) as { id: string }).id);
      expect(heard.filter((id) => ids.includes(id))).toEqual(ids);
    }
  });

  it('keeps the order of the events of one request', async () => {
    const event_type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(event_type);
    const { ids } = await publishAll(Array.from({ length: 100 }, () => ({ event_type })));
    const frames = await subscriber.framesUntil(ids.at(-1) ?? '');
    expect(frames.map(({ text }) => (JSON.parse(text) as { id: string }).id)).toEqual(ids);
  });

  it('spans event-type namespaces where the pattern does', async () => {
    const prefix = freshName();
    await using subscriber = await subscribeJson(`${prefix}*/made`);
    const ids = [await publish(`${prefix}-a/made`), await publish(`${prefix}-b/made`)];
    await publish(`${prefix}-b/lost`);
    const heard = [await subscriber.next(), await subscriber.next()];
    expect(heard.map(({ text }) => (JSON.parse(text) as { id: string }).id).sort()).toEqual(
      ids.sort(),
    );
    await subscriber.nothingSoFar();
  });

  it('goes on when another of the same pattern ends', async () => {
    const type = `${freshName()}/made`;
    await using stays = await subscribeJson(type);
    const leaves = await subscribeJson(type);
    await publish(type);
    await stays.next();
    await leaves.close();
    const second = await publish(type);
    expect((await stays.next()).text).toContain(second);
  });

  it.each(['/', '%2F', '%2f'])('hears the same where the slash is written %s', async (slash) => {
    const namespace = freshName();
    const type = `${namespace}/made`;
    await using subscriber = await subscribe(target, type, { encoded: `${namespace}${slash}made` });
    const id = await publish(type);
    await subscriber.nextOf(id);
  });
});

describe('the socket of a subscription', () => {
  it.each([
    ['of text', '{"unexpected":true}'],
    ['of bytes', Buffer.from([1, 2, 3])],
    ['without content', ''],
  ])('is closed with 1008 at a message %s', async (_, message) => {
    await using subscriber = await subscribeJson(freshName());
    subscriber.socket.send(message);
    expect(await subscriber.closed).toEqual({ code: 1008, reason: 'unexpected data message' });
  });

  it('answers a ping with its payload', async () => {
    await using subscriber = await subscribeJson(freshName());
    const payload = 'x'.repeat(125);
    expect(await subscriber.ping(payload)).toBe(payload);
  });

  it('answers the close of the client with its code', async () => {
    const subscriber = await subscribeJson(freshName());
    expect(await subscriber.close()).toMatchObject({ code: 1000 });
  });
});
