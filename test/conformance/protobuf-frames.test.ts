import { describe, expect, it } from 'vitest';
import type { ProtobufCase } from './support/cases.ts';
import { RUN } from './support/coverage.ts';
import { decodeEventReceived } from './support/event-received.ts';
import { withFreshId } from './support/fresh.ts';
import { postEvents, publish } from './support/publish.ts';
import { expectErrors, freshName, subscribeJson, subscribeProtobuf } from './support/target.ts';
import { ensureNamespace } from './support/vault.ts';

/** Cases whose event lacks metadata that its type carries in Vault, and the keys. */
const INCOMPLETE: Readonly<Record<string, readonly string[]>> = {
  'protobuf-012': ['data_path', 'modified', 'operation', 'path'],
};

describe('the binary frame of a published event', () => {
  for (const original of RUN.protobuf) {
    const lacking = INCOMPLETE[original.id];
    if (lacking !== undefined) {
      it(`${original.id}: ${original.name}: refused, since it lacks ${lacking}`, async () => {
        const { event } = withFreshId(original);
        const answer = await postEvents(event.event_type, event);
        const named = lacking.map((key) => JSON.stringify(key)).join(', ');
        expectErrors(answer, 400, [expect.stringContaining(named)]);
      });
      continue;
    }
    it(`${original.id}: ${original.name}`, async () => {
      const { event, hex, compare } = withFreshId(original);
      const { event_type, namespace = '' } = event;
      await ensureNamespace(namespace);
      await using protobuf = await subscribeProtobuf(event_type, { namespace });
      await using json = await subscribeJson(event_type, { namespace });
      // A binary frame has no source, so this one only makes the event new to the server.
      const id = await publish(event_type, {
        ...event,
        source: `vault://${freshName()}`,
      });

      const { bytes, isBinary } = await protobuf.nextOf(id);
      expect(isBinary).toBe(true);
      if (compare === 'bytes') expect(bytes.toString('hex')).toBe(hex);
      expect(decodeEventReceived(bytes)).toStrictEqual(
        decodeEventReceived(Buffer.from(hex, 'hex')),
      );

      const frame = JSON.parse((await json.nextOf(id)).text) as { data: unknown };
      expect(frame.data).toStrictEqual(dataOf(event));
    });
  }
});

/** The `data` of the event's JSON frame. */
function dataOf({ event_type, plugin_info, namespace, ...data }: ProtobufCase['event']): unknown {
  const { metadata, ...others } = data;
  return {
    event: { ...others, ...(metadata && { metadata }) },
    ...(namespace && { namespace }),
    event_type,
    ...(plugin_info && { plugin_info }),
  };
}
