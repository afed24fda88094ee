import { describe, expect, it } from 'vitest';
import { RUN } from './support/coverage.ts';
import { publish } from './support/publish.ts';
import { freshName, subscribeJson } from './support/target.ts';

describe("a plugin's event", () => {
  for (const { id, event_type, mount_path, expect_metadata } of RUN.produce) {
    const type = event_type ?? `${freshName()}/made`;
    it(`${id}: ${type.replace(/^t[0-9a-f]{12}/, 'any')} reaches its subscriber with its metadata`, async () => {
      await using subscriber = await subscribeJson(type);
      const plugin_info = mount_path ? { mount_path } : null;
      const event = await publish(type, { metadata: expect_metadata, plugin_info }, 'PUT');
      const frame = JSON.parse((await subscriber.nextOf(event)).text) as {
        data: { event: { metadata: unknown } };
      };
      expect(frame.data.event.metadata).toStrictEqual(expect_metadata);
    });
  }
});
