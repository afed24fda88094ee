/** The CloudEvent of a protobuf message, in the form that the JSON encoding has. */
import type { carillon, logical } from '../gen/proto.js';
import { fromStruct } from '../struct.ts';

/** @returns undefined if the message has no event */
export function cloudEventOf({
  source,
  time,
  received,
}: carillon.v1.Event.$Properties): Record<string, unknown> | undefined {
  if (!received?.event) return undefined;
  return {
    id: received.event.id,
    source,
    specversion: '1.0',
    type: '*',
    data: dataOf(received, received.event),
    datacontenttype: 'application/json',
    datacontentype: 'application/cloudevents',
    time,
  };
}

function dataOf(
  { namespace, event_type, plugin_info }: logical.EventReceived.$Properties,
  { id, metadata, entity_ids, note }: logical.EventData.$Properties,
): Record<string, unknown> {
  return {
    event: {
      id,
      ...(metadata && { metadata: fromStruct(metadata) }),
      ...(entity_ids?.length && { entity_ids }),
      ...(note && { note }),
    },
    ...(namespace && { namespace }),
    event_type,
    ...(plugin_info && { plugin_info: { ...plugin_info } }),
  };
}
