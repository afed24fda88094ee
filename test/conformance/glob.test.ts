import { describe, expect, it } from 'vitest';
import { globCases } from './support/cases.ts';
import { isEventType, NOT_EXPRESSIBLE, RUN } from './support/coverage.ts';
import { EVERY_KEY, postEvents, publish } from './support/publish.ts';
import { expectErrors, freshName, subscribeJson } from './support/target.ts';

describe('a pattern', () => {
  for (const { id, pattern, input, match } of RUN.glob) {
    it(`${id}: ${JSON.stringify(pattern)} ${match ? 'hears' : 'does not hear'} ${input}`, async () => {
      await using subscriber = await subscribeJson(pattern);
      await using witness = await subscribeJson('*');
      const event = await publish(input, { metadata: EVERY_KEY });
      await witness.nextOf(event);

      if (match) {
        await subscriber.nextOf(event);
        return;
      }
      // Where the pattern can hear anything, a later event proves that the earlier one was not sent.
      const marker = markerOf(pattern);
      const heard =
        marker === undefined
          ? await subscriber.framesSoFar()
          : await subscriber.framesUntil(await publish(marker, { metadata: EVERY_KEY }));
      expect(heard.filter(({ bytes }) => bytes.includes(event))).toEqual([]);
    });
  }
});

describe('a pattern besides', () => {
  it.each([
    ['lets no two of its parts share a character', 'ab*ba', 'aba'],
    ['tells upper case from lower', 'Made', 'made'],
    ['may end before the event type does only with a wildcard', 'ma', 'made'],
  ])('%s', async (_, pattern, name) => {
    const namespace = freshName();
    await using exact = await subscribeJson(`${namespace}/${pattern}`);
    await using all = await subscribeJson(`${namespace}/*`);
    await all.nextOf(await publish(`${namespace}/${name}`));
    await exact.nothingSoFar();
  });
});

describe('what no event can be of', () => {
  const ids = NOT_EXPRESSIBLE.flatMap((group) => group.ids);
  for (const { id, input } of globCases) {
    if (!ids.includes(id) || isEventType(input)) continue;
    it(`${id}: ${JSON.stringify(input)} is refused as an event type`, async () => {
      const answer = await postEvents('', { event_type: input });
      expectErrors(answer, 400, [expect.stringContaining('event type')]);
    });
  }
});

/** An event type of its own that the pattern matches, if there is one. */
function markerOf(pattern: string): string | undefined {
  const marker = pattern.replaceAll('*', freshName());
  return isEventType(marker) ? marker : undefined;
}
