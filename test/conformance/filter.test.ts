import { describe, expect, it } from 'vitest';
import type { FilterCase } from './support/cases.ts';
import { RUN } from './support/coverage.ts';
import { EVERY_KEY, type EventInput, publish } from './support/publish.ts';
import { handshake } from './support/raw-request.ts';
import { subscribeJson } from './support/target.ts';
import { ensureNamespace } from './support/vault.ts';

const malformed = RUN.bexpr.filter(({ error_kind }) => error_kind === 'parse');
const evaluated = RUN.bexpr.filter(({ error_kind }) => error_kind !== 'parse');

describe('a filter that cannot be parsed', () => {
  it.each(malformed)('$id: $filter', async ({ filter }) => {
    const query = new URLSearchParams({ json: 'true', filter });
    const answer = await handshake(`/v1/sys/events/subscribe/abc?${query}`);
    expect(answer).toMatchObject({ status: 400, body: 'Error subscribing' });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain\b/);
  });
});

describe('a filter', () => {
  for (const { id, filter, event, expect: expected } of evaluated) {
    const passes = expected === 'true';
    it(`${id}: ${filter} ${passes ? 'lets through' : 'keeps back'} ${event.event_type}`, async () => {
      const { event_type, namespace } = event;
      await ensureNamespace(namespace);
      await using subscriber = await subscribeJson(event_type, { namespace, filter });
      await using witness = await subscribeJson(event_type, { namespace });
      const published = await publish(event_type, inputOf(event));
      await witness.nextOf(published);
      const heard = await subscriber.framesSoFar();
      expect(heard.some(({ bytes }) => bytes.includes(published))).toBe(passes);
    });
  }
});

/** An event whose fields are those of the case; what no filter can select is as its type needs it. */
function inputOf(event: FilterCase['event']): EventInput {
  const { operation, source_plugin_mount, data_path, namespace } = event;
  const { data_path: _, ...others } = EVERY_KEY;
  return {
    namespace,
    metadata: { ...others, operation, ...(data_path && { data_path }) },
    plugin_info: { mount_path: source_plugin_mount },
  };
}
