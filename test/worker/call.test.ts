import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { callWithRetry } from '../../src/objects/call.ts';
import { MAX_CALL_ATTEMPTS } from '../../src/objects/limits.ts';
import { it } from './fixtures.ts';
import { hubStub, published, subscribe } from './support.ts';

/** A call that fails so often, as the platform marks its failures, and then succeeds. */
function failing(
  times: number,
  marks: object,
): { call: () => Promise<string>; count: () => number } {
  let calls = 0;
  const call = async () => {
    if (++calls <= times) throw Object.assign(new Error('failed'), marks);
    return 'done';
  };
  return { call, count: () => calls };
}

it('a failure that is safe to repeat is repeated, as often as the limit allows', async () => {
  const recovering = failing(MAX_CALL_ATTEMPTS - 1, { retryable: true });
  expect(await callWithRetry(recovering.call)).toBe('done');
  expect(recovering.count()).toBe(MAX_CALL_ATTEMPTS);

  const lasting = failing(MAX_CALL_ATTEMPTS, { retryable: true });
  await expect(callWithRetry(lasting.call)).rejects.toThrow('failed');
  expect(lasting.count()).toBe(MAX_CALL_ATTEMPTS);
});

it.each([{}, { retryable: false }, { retryable: true, overloaded: true }])(
  'a failure marked %o is not repeated',
  async (marks) => {
    const { call, count } = failing(1, marks);
    await expect(callWithRetry(call)).rejects.toThrow('failed');
    expect(count()).toBe(1);
  },
);

it('a hub that was aborted takes the next event', async () => {
  await published('abc');
  await runInDurableObject(hubStub('abc'), (_hub, state) => state.abort('as a deploy does')).catch(
    () => undefined,
  );
  const subscriber = await subscribe('abc');
  const id = await published('abc');
  expect(await subscriber.nextId()).toBe(id);
});
