/** The binary frame: exactly one serialised `EventReceived` of `proto/event.proto`. */

import protobufjs from 'protobufjs/minimal.js';
import { type Event, PLUGIN_INFO_KEYS, type PluginInfo } from '../event/event.ts';
import { logical } from './gen/proto.js';
import { fromStruct, toStruct } from './struct.ts';

/** Encodes an event as the binary frame of a subscription. It carries neither time nor source. */
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
  // Left to choose, protobufjs writes into a Buffer, whose utf8Write throws in workerd for any long
  // string that does not stand at the beginning.
  return logical.EventReceived.encode(message, new protobufjs.Writer()).finish();
}

/**
 * Reads one `EventReceived` into the members that a producer's JSON event has; what is empty on the
 * wire is left out.
 *
 * @throws Error where the bytes are not a message of the schema
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
