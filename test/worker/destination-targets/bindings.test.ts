import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { targetOf } from '../../../src/push/targets/target-of.ts';
import { failureOf } from '../../unit/support/result.ts';
import { it } from '../fixtures.ts';
import { anEvent, aTarget, batchOf, received, SECRET, settingsWith } from './support.ts';

describe('a Worker that is a destination', () => {
  it('gets a batch as CloudEvents, and acknowledges it by returning', async () => {
    const target = aTarget({});
    const events = [anEvent('w1', { metadata: { carillon_hops: '2' } }), anEvent('w2')];
    expect(await target.send(batchOf('takes-all', ...events))).toEqual({
      result: 'delivered',
      answer: '',
    });
    expect(await received('takes-all')).toEqual([
      {
        id: 'batch_1',
        destination: 'takes-all',
        namespace: 'team-a',
        attempt: 2,
        hops: 3,
        events: [
          expect.objectContaining({ id: 'w1', type: 'deploy/finished', specversion: '1.0' }),
          expect.objectContaining({ id: 'w2', subject: 'secret/app' }),
        ],
      },
    ]);
  });

  it('gets what a stock subscriber gets in the format vault', async () => {
    await aTarget({ format: 'vault' }).send(batchOf('takes-frames', anEvent('w3')));
    expect(await received('takes-frames')).toMatchObject([
      { events: [JSON.parse(anEvent('w3').json)] },
    ]);
  });

  it('fails by throwing, and its message is the answer', async () => {
    expect(await aTarget({}).send(batchOf('fails-often', anEvent('w4')))).toEqual({
      result: 'failed',
      answer: 'the cache is full',
    });
  });

  it('that hangs is not waited for', async () => {
    const target = aTarget({}, { timeoutMs: 200 });
    expect(await target.send(batchOf('hangs-often', anEvent('w5')))).toEqual({
      result: 'failed',
      answer: 'no answer within 0.2 s',
    });
    const end = new AbortController();
    const sent = aTarget({}).send(batchOf('hangs-too', anEvent('w6')), end.signal);
    end.abort();
    expect(await sent).toMatchObject({ result: 'failed', answer: 'the attempt was ended' });
  });
});

describe('a queue that is a destination', () => {
  const queue = { type: 'queue', binding: 'TEST_JOBS' } as const;

  it('gets a message for each event', async () => {
    const events = ['q1', 'q2', 'q3'].map((id) => anEvent(id, { event_type: 'queue-test/each' }));
    expect(await aTarget({ target: queue }).send(batchOf('jobs', ...events))).toMatchObject({
      result: 'delivered',
    });
    await vi.waitFor(
      async () => {
        const messages = await received('queue-test/each');
        expect(messages.map(({ id }) => id).toSorted()).toEqual(['q1', 'q2', 'q3']);
        expect(messages[0]).toMatchObject({
          type: 'queue-test/each',
          specversion: '1.0',
          data: { event: { metadata: { carillon_hops: '1' } } },
        });
      },
      { timeout: 20_000 },
    );
  });

  it('gets a batch of any size, in as many calls as the platform needs', async () => {
    const note = 'n'.repeat(25_000);
    const type = { event_type: 'queue-test/large', note };
    const events = Array.from({ length: 100 }, (_, index) => anEvent(`l${index}`, type));
    expect(await aTarget({ target: queue }).send(batchOf('jobs', ...events))).toMatchObject({
      result: 'delivered',
    });
    await vi.waitFor(async () => expect((await received('queue-test/large')).length).toBe(100), {
      timeout: 30_000,
    });
  });

  it('does not get an event that is too large for a message', async () => {
    const large = anEvent('huge', { note: 'n'.repeat(130_000) });
    const outcome = await aTarget({ target: queue }).send(batchOf('jobs', large));
    expect(outcome.result).toBe('too_large');
    expect(outcome.answer).toContain('a message of a queue at most 127000');
  });
});

describe('a binding', () => {
  it.each([
    ['UNKNOWN', 'worker', 'there is no binding "UNKNOWN" for destinations'],
    ['HUB', 'worker', 'there is no binding "HUB" for destinations'],
    ['ROOT_TOKEN', 'queue', 'there is no binding "ROOT_TOKEN" for destinations'],
    ['__proto__', 'worker', 'there is no binding "__proto__" for destinations'],
    ['ONLY_TEAM_B', 'worker', 'is not for destinations of the namespace "team-a"'],
    ['RECEIVER', 'queue', 'is of the kind "worker" in the variable DESTINATION_BINDINGS'],
    ['NOT_BOUND', 'worker', 'the environment of this server has no binding "NOT_BOUND"'],
    ['NOT_A_QUEUE', 'queue', 'is not a producer of a queue'],
    ['NOT_A_WORKER', 'worker', 'is not a service'],
  ] as const)('%s is refused as a %s', (binding, type, says) => {
    const settings = settingsWith({ target: { type, binding } });
    const made = targetOf({ env, settings, secrets: [], namespace: 'team-a' });
    expect(failureOf(made).message).toContain(says);
  });

  it('that is listed for a namespace can be used there and below', () => {
    const settings = settingsWith({ target: { type: 'worker', binding: 'ONLY_TEAM_B' } });
    for (const namespace of ['team-b', 'team-b/c']) {
      const made = targetOf({ env, settings, secrets: [SECRET], namespace });
      expect(failureOf(made).message).toContain('the environment of this server has no binding');
    }
  });
});
