import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { it } from './fixtures.ts';
import { handshakeTo, hubStub, subscribersIn } from './support.ts';

const HANDSHAKE = handshakeTo('abc');
it('a full hub takes no more subscribers until one leaves', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    const { handshakes } = subscribersIn(state, { maxSockets: 3 });
    const clients: WebSocket[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await handshakes.accept(HANDSHAKE);
      const { webSocket } = answer;
      if (webSocket === null) throw new Error(`not accepted: ${await answer.text()}`);
      webSocket.accept();
      clients.push(webSocket);
    }
    const refused = await handshakes.accept(HANDSHAKE);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toBe('this hub has 3 subscribers and takes no more');

    const closed = new Promise((resolve) => clients[0]?.addEventListener('close', resolve));
    clients[0]?.close(1000);
    await closed;
    expect((await handshakes.accept(HANDSHAKE)).status).toBe(101);
    expect((await handshakes.accept(HANDSHAKE)).status).toBe(503);
  });
});

it('handshakes under way count: a full hub is not overrun by those that came together', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    let ready: () => void = () => undefined;
    const prepared = new Promise<undefined>((resolve) => {
      ready = () => resolve(undefined);
    });
    const supply = { prepare: () => prepared };
    const { handshakes } = subscribersIn(state, { maxSockets: 2, supply });
    const responses = [1, 2, 3, 4].map(() => handshakes.accept(HANDSHAKE));
    ready();
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([101, 101, 503, 503]);
  });
});

it('a class is forgotten once its last subscriber left, so that patterns do not pile up', async () => {
  await runInDurableObject(hubStub('abc'), async (_hub, state) => {
    const failing = () => Promise.reject(new Error('not ready'));
    const { handshakes } = subscribersIn(state, { supply: { prepare: failing } });
    for (let i = 0; i < 20; i++) {
      await expect(handshakes.accept(handshakeTo(`abc/${i}`))).rejects.toThrow('not ready');
    }
    const { classes } = state.storage.sql
      .exec<{ classes: number }>('SELECT COUNT(*) AS classes FROM subscription_classes')
      .one();
    expect(classes).toBe(1);
  });
});
