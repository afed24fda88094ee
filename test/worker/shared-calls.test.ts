/** Publishes that a Worker has at the same time share a call to their hub. */
import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { countOf, eventBatch, frameAt } from '../../src/event/event-batch.ts';
import {
  ABANDONED_AFTER_MS,
  LEADER_LOST_MS,
  MAX_SHARED_CHARACTERS,
  MAX_SHARED_EVENTS,
  SLOW_CALL_MS,
} from '../../src/http/limits.ts';
import { publishInSharedCall } from '../../src/http/publishing/shared-calls.ts';
import type { PublishReceipt, PublishRequest } from '../../src/objects/hub-contract.ts';
import { MAX_HUBS } from '../../src/objects/limits.ts';
import { hubName } from '../../src/objects/names.ts';
import { Hub } from '../../src/worker.ts';
import { it } from './fixtures.ts';
import { aName, elapse } from './security-support.ts';
import { fetchApi, hubStub, journalOf, publish, subscribe, TOKEN } from './support.ts';

const real = Hub.prototype.publishAll;

/** A busy machine is slow, not wrong. */
const PATIENCE = { timeout: 20_000 };

interface Call {
  /** The ids of the events of each request. */
  readonly requests: readonly (readonly string[])[];
  readonly characters: number;
}

/** The calls to hubs, in the order in which they began. */
class Calls {
  readonly begun: Call[] = [];
  readonly #gates: PromiseWithResolvers<void>[];

  /** @param held so many of them wait until they are released */
  constructor(held = 0) {
    // Made here, because an object cannot resolve the promise of a test, nor a test that of an object.
    this.#gates = Array.from({ length: held }, () => Promise.withResolvers<void>());
    const { begun } = this;
    const gates = this.#gates;
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(async function (this: Hub, requests) {
      const sizes = requests.map(({ events }) => events.keys.length + events.frames.length);
      const gate = gates[begun.length];
      begun.push({
        requests: requests.map(idsOf),
        characters: sizes.reduce((sum, size) => sum + size, 0),
      });
      await gate?.promise;
      return real.call(this, requests);
    });
  }

  /** @returns when so many have begun */
  async until(number: number): Promise<void> {
    await vi.waitFor(() => expect(this.begun.length).toBeGreaterThanOrEqual(number), PATIENCE);
  }

  /** @param first so many */
  release(first = this.#gates.length): void {
    for (const { resolve } of this.#gates.slice(0, first)) resolve();
  }
}

function idsOf({ events }: PublishRequest): string[] {
  return Array.from(
    { length: countOf(events) },
    (_, index) => (JSON.parse(frameAt(events, index)) as { id: string }).id,
  );
}

function send(type: string, ...ids: readonly string[]): Promise<Response> {
  return publish(
    type,
    ids.map((id) => ({ id, metadata: { path: 'a' } })),
  );
}

interface Counts {
  readonly accepted: number;
  readonly duplicates: number;
}

async function countsOf(response: Response): Promise<Counts> {
  const { data } = (await response.json()) as { data: Counts };
  return { accepted: data.accepted, duplicates: data.duplicates };
}

async function storedIn(type: string): Promise<string[]> {
  return (await journalOf(hubStub(type))).map(({ id }) => id);
}

describe('a publish that is alone', () => {
  it('makes one call, and waits for nothing', async () => {
    const type = aName('alone');
    const calls = new Calls();
    const wait = vi.spyOn(scheduler, 'wait');
    expect(await countsOf(await send(type, 'a', 'b'))).toEqual({ accepted: 2, duplicates: 0 });
    expect(calls.begun.map(({ requests }) => requests)).toEqual([[['a', 'b']]]);
    // The hub waits after a commit, without a time.
    expect(wait.mock.calls.filter(([milliseconds]) => milliseconds !== 0)).toEqual([]);
  });

  it('makes a call for each hub, in which its events are in their order', async () => {
    const [one, other] = [aName('one'), aName('other')];
    const calls = new Calls();
    const events = ['a', 'b', 'c', 'd', 'e', 'b'].map((id, index) => ({
      id,
      event_type: index % 2 === 0 ? one : other,
    }));
    const response = await fetchApi('sys/events/publish', {
      method: 'POST',
      body: JSON.stringify(events),
    });
    expect(await countsOf(response)).toEqual({ accepted: 5, duplicates: 1 });
    expect(calls.begun).toHaveLength(2);
    expect(await storedIn(one)).toEqual(['a', 'c', 'e']);
    expect(await storedIn(other)).toEqual(['b', 'd']);
  });
});

describe('publishes at the same time', () => {
  it('share few calls, and each is answered for its own events', async () => {
    const type = aName('many');
    await send(type, 'known');
    const calls = new Calls();
    const ids = Array.from({ length: 24 }, (_, index) => `id-${index}`);
    const sent = ids.map((id, index) => send(type, id, ...(index % 8 === 0 ? ['known'] : [])));
    for (const [index, response] of (await Promise.all(sent)).entries()) {
      const duplicates = index % 8 === 0 ? 1 : 0;
      expect(await countsOf(response)).toEqual({ accepted: 1, duplicates });
    }
    expect(calls.begun.length).toBeLessThan(ids.length / 2);
    expect((await storedIn(type)).sort()).toEqual([...ids, 'known'].sort());
  });

  it('come with the others in the order in which each was sent', async () => {
    const type = aName('order');
    const subscriber = await subscribe(type);
    const calls = new Calls(1);
    const first = send(type, 'leading');
    await calls.until(1);
    const rest = [1, 2, 3].map((each) => send(type, `${each}-a`, `${each}-b`, `${each}-c`));
    await calls.until(2);
    calls.release();
    await Promise.all([first, ...rest]);
    const ids: string[] = [];
    while (ids.length < 10) ids.push(await subscriber.nextId());
    for (const each of [1, 2, 3]) {
      const ofRequest = ids.filter((id) => id.startsWith(`${each}-`));
      expect(ofRequest).toEqual(['a', 'b', 'c'].map((name) => `${each}-${name}`));
    }
  });

  it('do not wait for a hub that is slow: the next call begins meanwhile', async () => {
    const type = aName('slow');
    const calls = new Calls(3);
    const sent = [send(type, 'a')];
    await calls.until(1);
    sent.push(send(type, 'b'), send(type, 'c'));
    await calls.until(2);
    sent.push(send(type, 'd'));
    await calls.until(3);
    calls.release();
    for (const response of await Promise.all(sent)) expect(response.status).toBe(200);
  });

  it('have a call each while the hub takes long, and share calls again afterwards', async () => {
    const type = aName('busy');
    const sizes: number[] = [];
    let delay = 10 * SLOW_CALL_MS;
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(async function (this: Hub, requests) {
      sizes.push(requests.length);
      await scheduler.wait(delay);
      return real.call(this, requests);
    });
    for (const id of ['a', 'b', 'c']) await send(type, id);
    sizes.length = 0;
    const together = () => Promise.all(['d', 'e', 'f', 'g', 'h', 'i'].map((id) => send(type, id)));
    for (const response of await together()) expect(response.status).toBe(200);
    expect(sizes).toEqual([1, 1, 1, 1, 1, 1]);
    delay = 0;
    await vi.waitFor(async () => {
      await together();
      expect(Math.max(...sizes)).toBeGreaterThan(1);
    }, PATIENCE);
  });

  it('share no call that is larger than its limits', async () => {
    const type = aName('limits');
    const calls = new Calls(1);
    const sent = [send(type, 'leading')];
    await calls.until(1);
    const size = MAX_SHARED_EVENTS / 4;
    for (let request = 0; request < 12; request++) {
      sent.push(send(type, ...Array.from({ length: size }, (_, index) => `${request}-${index}`)));
    }
    const note = 'x'.repeat(20_000);
    for (let request = 0; request < 20; request++) {
      sent.push(publish(type, { id: `long-${request}`, note }));
    }
    await calls.until(3);
    calls.release();
    for (const response of await Promise.all(sent)) expect(response.status).toBe(200);
    for (const { requests, characters } of calls.begun) {
      expect(requests.flat().length).toBeLessThanOrEqual(MAX_SHARED_EVENTS);
      expect(characters).toBeLessThanOrEqual(MAX_SHARED_CHARACTERS);
    }
    expect(await storedIn(type)).toHaveLength(1 + 12 * size + 20);
  });

  it('do not wait where one of them is as large as several calls', async () => {
    const type = aName('large');
    const calls = new Calls(1);
    const first = send(type, 'leading');
    await calls.until(1);
    const ids = Array.from({ length: MAX_SHARED_EVENTS + 1 }, (_, index) => `id-${index}`);
    expect(await countsOf(await send(type, ...ids))).toEqual({
      accepted: ids.length,
      duplicates: 0,
    });
    expect(calls.begun.map(({ requests }) => requests.length)).toEqual([1, 1]);
    calls.release();
    await first;
  });
});

describe('a request that waits for the call of another', () => {
  it('looks seldom while the call stalls', async () => {
    const type = aName('stalls');
    const calls = new Calls(2);
    const sent = [send(type, 'leading')];
    await calls.until(1);
    const begunAt = Date.now();
    sent.push(send(type, 'next'), send(type, 'waiting'));
    await calls.until(2);
    const wait = vi.spyOn(scheduler, 'wait');
    await vi.waitUntil(() => Date.now() - begunAt > 1000, PATIENCE);
    // Whichever looks first makes the call.
    expect(calls.begun[1]?.requests.flat().sort()).toEqual(['next', 'waiting']);
    expect(wait.mock.calls.length).toBeGreaterThan(0);
    expect(wait.mock.calls.length).toBeLessThan(40);
    calls.release();
    for (const response of await Promise.all(sent)) expect(response.status).toBe(200);
  });

  it('does not repeat it, however long it takes, while the other is alive', async () => {
    const type = aName('long');
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() });
    const calls = new Calls(2);
    const sent = [send(type, 'leading')];
    await calls.until(1);
    sent.push(send(type, 'a'), send(type, 'b'));
    await calls.until(2);
    vi.advanceTimersByTime(2 * LEADER_LOST_MS);
    const wait = vi.spyOn(scheduler, 'wait');
    await vi.waitFor(() => expect(wait).toHaveBeenCalled(), PATIENCE);
    expect(calls.begun).toHaveLength(2);
    calls.release();
    for (const response of await Promise.all(sent)) {
      expect(await countsOf(response)).toEqual({ accepted: 1, duplicates: 0 });
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('of those that share a call', () => {
  /** Two requests, of which the second is answered so; or the call fails. */
  async function shared(receipt: PublishReceipt | Error): Promise<[Response, Response]> {
    const type = aName('shared');
    const calls = new Calls(1);
    const first = send(type, 'leading');
    await calls.until(1);
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(async (requests) => {
      expect(requests).toHaveLength(2);
      if (receipt instanceof Error) throw receipt;
      return requests.map((each) => (idsOf(each).includes('a') ? { duplicates: [] } : receipt));
    });
    const answers = await Promise.all([send(type, 'a'), send(type, 'b', 'c')]);
    calls.release();
    await first;
    return answers;
  }

  async function failureOf(response: Response): Promise<unknown> {
    const { errors, data } = (await response.json()) as { errors: string[]; data: object };
    return { status: response.status, error: errors[0], data };
  }

  it.each([
    [
      { refused: 'overloaded' },
      429,
      '2 of 2 events were not taken, because more are published than their hubs can send;',
    ],
    [
      { refused: 'too_many_hubs' },
      413,
      `2 of 2 events are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed;`,
    ],
    [
      { failed: 'database or disk is full: SQLITE_FULL' },
      503,
      '2 of 2 events could not be published, because the storage of this server is full;',
    ],
    [{ failed: 'something else' }, 503, '2 of 2 events could not be published;'],
  ] as const)('one is told %j, and the other is published', async (receipt, status, error) => {
    const [one, other] = await shared(receipt);
    expect(one.status).toBe(200);
    expect(await failureOf(other)).toEqual({
      status,
      error: expect.stringContaining(`${error} data says by index which.`),
      data: { accepted: [], duplicates: [], failed: [0, 1], ids: ['b', 'c'] },
    });
  });

  it('each is told that the hub failed', async () => {
    for (const response of await shared(new Error('the hub is down'))) {
      expect(await failureOf(response)).toMatchObject({
        status: 503,
        error: expect.stringContaining('could not be published'),
      });
    }
  });

  it('each is told which of its events a hub failed that has others of them, too', async () => {
    const [one, other] = [aName('one'), aName('other')];
    await send(one, 'known');
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(function (this: Hub, requests) {
      if (requests.flatMap(idsOf).includes('b')) throw new Error('the hub is down');
      return real.call(this, requests);
    });
    const response = await fetchApi('sys/events/publish', {
      method: 'POST',
      body: JSON.stringify([
        { id: 'a', event_type: one },
        { id: 'b', event_type: other },
        { id: 'known', event_type: one },
      ]),
    });
    expect(await failureOf(response)).toMatchObject({
      status: 503,
      data: { accepted: [0], duplicates: [2], failed: [1], ids: ['a', 'b', 'known'] },
    });
  });
});

describe('the request that makes the call', () => {
  /** Publishes, and makes a call for another that waits meanwhile, or leaves it to that. */
  async function callsMadeFor(leadsOn: boolean): Promise<string[]> {
    const hub = hubName('', aName('hub'));
    const made: string[] = [];
    const calls = new Calls(1);
    const publishAs = (id: string) => {
      const HUB = new Proxy(env.HUB, {
        get(target, name) {
          made.push(id);
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const events = eventBatch([{ key: id, json: JSON.stringify({ id }) }]);
      const scope = { env: { ...env, HUB }, executionCtx: createExecutionContext(), leadsOn };
      return publishInSharedCall(hub, { owner: 'root', events }, scope);
    };
    const sent = [publishAs('leading')];
    await calls.until(1);
    sent.push(publishAs('waiting'));
    calls.release();
    await Promise.all(sent);
    return made;
  }

  it('shows that it is alive also while it makes one for a single other', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const hub = hubName('', aName('hub'));
    const calls = new Calls(2);
    const publishAs = (id: string) => {
      const events = eventBatch([{ key: id, json: JSON.stringify({ id }) }]);
      const scope = { env, executionCtx: createExecutionContext(), leadsOn: true };
      return publishInSharedCall(hub, { owner: 'root', events }, scope);
    };
    const sent = [publishAs('leading')];
    await calls.until(1);
    expect(vi.getTimerCount()).toBe(0);
    sent.push(publishAs('waiting'));
    calls.release(1);
    await sent[0];
    expect(vi.getTimerCount()).toBe(1);
    calls.release();
    await Promise.all(sent);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes the next one for others, unless it has several hubs to call', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await callsMadeFor(true)).toEqual(['leading', 'leading']);
    expect(await callsMadeFor(false)).toEqual(['leading', 'waiting']);
  });

  it('makes it for the others although its client leaves', async () => {
    const type = aName('leaves');
    const calls = new Calls(2);
    const first = send(type, 'leading');
    await calls.until(1);
    const client = new AbortController();
    const left = abandonable(type, 'left', client.signal);
    const other = send(type, 'other');
    await calls.until(2);
    client.abort();
    await expect(left).rejects.toThrow();
    calls.release();
    expect(await countsOf(await other)).toEqual({ accepted: 1, duplicates: 0 });
    await first;
    expect((await storedIn(type)).sort()).toEqual(['leading', 'left', 'other']);
  });

  it('may hang while the client of another leaves, whose event nobody publishes later', async () => {
    const type = aName('left');
    await send(type, 'warm');
    const calls = new Calls(1);
    const leading = send(type, 'leading');
    await calls.until(1);
    const client = new AbortController();
    const wait = scheduler.wait.bind(scheduler);
    const waiting = vi.spyOn(scheduler, 'wait').mockImplementationOnce((...args) => {
      client.abort();
      return wait(...args);
    });
    await expect(abandonable(type, 'left', client.signal)).rejects.toThrow();
    waiting.mockRestore();
    elapse(ABANDONED_AFTER_MS + 1);
    await send(type, 'later');
    expect((await storedIn(type)).sort()).toEqual(['later', 'warm']);
    calls.release();
    await leading;
  });

  it('may end without an answer: the others publish again, and nothing is doubled', async () => {
    const type = aName('ends');
    // Like one that the platform has ended, a leader does not show that it is alive.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const subscriber = await subscribe(type);
    const lost = Promise.withResolvers<void>();
    const calls = new Calls(1);
    const leading = send(type, 'leading');
    await calls.until(1);
    vi.spyOn(Hub.prototype, 'publishAll').mockImplementation(async function (this: Hub, requests) {
      const receipts = await real.call(this, requests);
      // The hub has the events, and those who share the call never hear of it.
      if (requests.length > 1) await lost.promise;
      return receipts;
    });
    const ids = Array.from({ length: 12 }, (_, index) => `id-${index}`);
    const answers: Counts[] = [];
    const client = new AbortController();
    const sent = ids.map(async (id) => {
      answers.push(await countsOf(await abandonable(type, id, client.signal)));
    });
    const delivered = new Set<string>();
    while (delivered.size < ids.length) delivered.add(await subscriber.nextId());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + LEADER_LOST_MS + 1 });
    await vi.waitFor(
      () => expect(answers).toContainEqual({ accepted: 0, duplicates: 1 }),
      PATIENCE,
    );
    client.abort();
    lost.resolve();
    calls.release();
    await Promise.allSettled([leading, ...sent]);
    expect((await storedIn(type)).sort()).toEqual([...ids, 'leading'].sort());
  });
});

/** A publish whose client may leave. */
function abandonable(type: string, id: string, signal: AbortSignal): Promise<Response> {
  const body = JSON.stringify({ id, metadata: { path: 'a' } });
  return exports.default.fetch(
    new Request(`http://carillon.test/v1/sys/events/publish/${type}`, {
      method: 'POST',
      headers: { 'X-Vault-Token': TOKEN, 'Content-Type': 'application/json' },
      body,
      signal,
    }),
  );
}
