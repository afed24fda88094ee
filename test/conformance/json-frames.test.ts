import { describe, expect, it } from 'vitest';
import { RUN } from './support/coverage.ts';
import { decodeEventReceived } from './support/event-received.ts';
import { withFreshId } from './support/fresh.ts';
import { publish } from './support/publish.ts';
import { freshName, subscribeJson, subscribeProtobuf } from './support/target.ts';
import { ensureNamespace } from './support/vault.ts';

describe('the frame of a published event', () => {
  for (const original of RUN.json) {
    it(`${original.id}: ${original.name}`, async () => {
      const { event, source, time, expect: expected } = withFreshId(original);
      const { event_type, namespace = '' } = event;
      await ensureNamespace(namespace);
      await using json = await subscribeJson(event_type, { namespace });
      await using protobuf = await subscribeProtobuf(event_type, { namespace });
      const id = await publish(event_type, { ...event, source, time });

      const text = await json.nextOf(id);
      expect(text.isBinary).toBe(false);
      expect(text.text).toMatch(/^[^\n]+\n$/);
      expect(JSON.parse(text.text)).toStrictEqual(expected);

      const binary = await protobuf.nextOf(id);
      expect(binary.isBinary).toBe(true);
      expect(decodeEventReceived(binary.bytes)).toStrictEqual(expected.data);
    });
  }
});

describe('a JSON frame', () => {
  it('has its keys in the order of Vault, and those of metadata sorted', async () => {
    const type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(type);
    await publish(type, {
      metadata: { path: 'a', modified: 'true', data_path: 'a', '10': 'x', '9': 'y' },
      note: 'n',
      entity_ids: ['e'],
      plugin_info: { version: '2', plugin: 'kv', mount_path: 'secret/', mount_class: 'secret' },
    });
    const { text } = await subscriber.next();
    expect(keysOf(text)).toEqual([
      ...['id', 'source', 'specversion', 'type', 'data'],
      ...['event', 'id', 'metadata', '10', '9', 'data_path', 'modified', 'path'],
      ...['entity_ids', 'note', 'event_type'],
      ...['plugin_info', 'mount_class', 'mount_path', 'plugin', 'version'],
      ...['datacontenttype', 'datacontentype', 'time'],
    ]);
  });

  it('escapes what HTML could misread, as the encoder of Go does', async () => {
    const type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(type);
    await publish(type, { note: '<a>&\u2028\u2029ü' });
    const { text } = await subscriber.next();
    expect(text).toContain(String.raw`"note":"\u003ca\u003e\u0026\u2028\u2029ü"`);
  });

  it('has a time and a source where the producer gave none', async () => {
    const type = `${freshName()}/made`;
    await using subscriber = await subscribeJson(type);
    await publish(type);
    const frame = JSON.parse((await subscriber.next()).text) as { time: string; source: string };
    expect(frame.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)$/);
    expect(frame.source).toMatch(/^vault:\/\/./);
  });
});

/** The keys of a JSON text in the order in which they stand there, which parsing would change. */
function keysOf(json: string): string[] {
  return [...json.matchAll(/"([^"]*)":/g)].map(([, key = '']) => key);
}
