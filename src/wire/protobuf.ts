/** The binary frame: one serialised `EventReceived` of `proto/event.proto`. */

import protobufjs from 'protobufjs/minimal.js';
import { type Event, PLUGIN_INFO_KEYS, type PluginInfo } from '../event/event.ts';
import { logical } from './gen/proto.js';
import { fromStruct, toStruct } from './struct.ts';

/** Encodes an event as the binary frame of a subscription. It has neither time nor source. */
export function encodeProtobuf(event: Event): Uint8Array {
  const message = {
    event: {
      id: event.id,
      ...(event.metadata && { metadata: toStruct(event.metadata) }),
      entity_ids: [...event.entity_ids],
      note: event.note,
    },
    namespace: event.namespace,
    event_type: event.event_type,
    ...(event.plugin_info && { plugin_info: event.plugin_info }),
  };
  // By default protobufjs writes into a Buffer. Its utf8Write throws in workerd for a long string
  // at any offset but 0.
  return logical.EventReceived.encode(message, new protobufjs.Writer()).finish();
}

/**
 * Reads one `EventReceived` into the members that a publisher's JSON event has. Empty members are left out.
 *
 * @throws Error if the bytes are not a message of the schema
 */
export function decodeProtobuf(bytes: Uint8Array): Record<string, unknown> {
  const { event, namespace, event_type, plugin_info } = logical.EventReceived.decode(bytes);
  return {
    ...(event?.id && { id: event.id }),
    ...(event_type && { event_type }),
    ...(namespace && { namespace }),
    ...(event?.metadata && { metadata: fromStruct(event.metadata) }),
    ...(event?.entity_ids?.length && { entity_ids: event.entity_ids }),
    ...(event?.note && { note: event.note }),
    ...(plugin_info && { plugin_info: pluginInfoOf(plugin_info) }),
  };
}

function pluginInfoOf(message: logical.EventPluginInfo.$Properties): PluginInfo {
  return Object.fromEntries(
    PLUGIN_INFO_KEYS.flatMap((key) => (message[key] ? [[key, message[key]] as const] : [])),
  );
}
