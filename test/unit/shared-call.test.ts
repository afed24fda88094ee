/** Handshakes that wait in a shard share a call to the head. */
import { expect, it, vi } from 'vitest';
import { SharedCall } from '../../src/hub/shards/admission/shared-call.ts';

const MAX_WAIT_MS = 1000;

/** A call whose answers come when the test says so. */
function aCall(max = 3) {
  const calls: { questions: readonly number[]; answer(answers: number[]): void; fail(): void }[] =
    [];
  const shared = new SharedCall<number, number>(
    max,
    MAX_WAIT_MS,
    (questions) =>
      new Promise((resolve, reject) => {
        calls.push({ questions, answer: resolve, fail: () => reject(new Error('lost')) });
      }),
  );
  const called = async (count: number) => {
    await vi.waitFor(() => expect(calls).toHaveLength(count));
    return calls[count - 1] as (typeof calls)[0];
  };
  return { shared, calls, called };
}

it('asks at once what is asked in one turn', async () => {
  const { shared, called } = aCall();
  const asked = Promise.all([shared.ask(1), shared.ask(2)]);
  const call = await called(1);
  expect(call.questions).toEqual([1, 2]);
  call.answer([10, 20]);
  expect(await asked).toEqual([10, 20]);
});

it('asks what comes meanwhile in the next call, and no more than fits', async () => {
  const { shared, calls, called } = aCall();
  const first = shared.ask(0);
  const call = await called(1);
  const others = Promise.all([1, 2, 3, 4].map((question) => shared.ask(question)));
  call.answer([0]);
  expect(await first).toBe(0);
  (await called(2)).answer([10, 20, 30]);
  (await called(3)).answer([40]);
  expect(await others).toEqual([10, 20, 30, 40]);
  expect(calls.map(({ questions }) => questions)).toEqual([[0], [1, 2, 3], [4]]);
});

it('fails those of a call that fails, and goes on with those that came later', async () => {
  const { shared, called } = aCall();
  const first = shared.ask(1);
  const call = await called(1);
  const second = shared.ask(2);
  call.fail();
  await expect(first).rejects.toThrow('lost');
  (await called(2)).answer([20]);
  expect(await second).toBe(20);
});

it('fails a question that gets no answer', async () => {
  const { shared, called } = aCall();
  const asked = shared.ask(1);
  (await called(1)).answer([]);
  await expect(asked).rejects.toThrow('no answer');
});

it('calls with nothing to ask, once at a time', async () => {
  const { shared, calls, called } = aCall();
  const runs = [shared.run(), shared.run()];
  (await called(1)).answer([]);
  await Promise.all(runs);
  expect(calls).toHaveLength(1);
});

it('fails what has waited for too long, because calls take long', async () => {
  const now = vi.spyOn(Date, 'now').mockReturnValue(0);
  const { shared, calls, called } = aCall();
  const first = shared.ask(0);
  const call = await called(1);
  const late = shared.ask(1);
  now.mockReturnValue(MAX_WAIT_MS + 1);
  const other = shared.ask(2);
  call.answer([0]);
  expect(await first).toBe(0);
  await expect(late).rejects.toThrow('no call for 1000 ms');
  (await called(2)).answer([20]);
  expect(await other).toBe(20);
  expect(calls[1]?.questions).toEqual([2]);
  now.mockRestore();
});
