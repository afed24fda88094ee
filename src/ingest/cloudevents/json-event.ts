/** The JSON event that a CloudEvent stands for. */

import { legalEventType } from '../../event/event-type.ts';
import { checkMetadataPath } from '../../event/metadata.ts';
import { isJsonObject, type JsonValue, unknownKey } from '../../lib/json.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import {
  type Attributes,
  checkCloudEvent,
  hasAttributesOfFrame,
  otherAttributes,
} from './attributes.ts';

/**
 * If the data is Vault's (`data.event`, `data.event_type`), the event is the one that the frame carried. Otherwise:
 *
 * * the event type is that of the URL, else the `type`, without what an event type cannot have;
 * * metadata has the members of the data. Data that is no object, or whose `path` cannot be a path, is metadata `data`;
 * * `subject` is metadata `path` if it can be a path, else metadata `subject`;
 * * other attributes are metadata of the same name, and so is `type` if it is not the event type.
 *
 * A member of the data is never overwritten.
 */
export function jsonEventOf(cloudEvent: unknown, hasUrlType: boolean): Result<Attributes> {
  const attributes = hasAttributesOfFrame(cloudEvent)
    ? ok(cloudEvent)
    : checkCloudEvent(cloudEvent);
  if (!attributes.ok) return attributes;
  const { id, source, time, type, data } = attributes.value;
  const own = { id, source, ...(time !== undefined && { time }) };

  if (isFrameData(data)) {
    const framed = eventInFrame(data, id);
    if (framed.ok) return ok({ ...framed.value, ...own });
    // The data of other CloudEvents may have these members by chance. Only a frame has this type.
    if (type === FRAME_TYPE) return framed;
  }

  const legal = legalEventType(String(type));
  const eventType = hasUrlType ? {} : { event_type: legal ?? OTHER_EVENT_TYPE };
  const metadata = metadataOf(attributes.value, hasUrlType || legal !== type);
  return ok({ ...own, ...eventType, metadata });
}

/** The `type` of every frame. */
const FRAME_TYPE = '*';

/** The event type of a CloudEvent whose `type` has no character that an event type can have. */
const OTHER_EVENT_TYPE = 'cloudevents/other';

/** The members of the data of a frame, and of the event in it. */
const RECEIVED_KEYS = ['namespace', 'event_type', 'plugin_info'];
const EVENT_DATA_KEYS = ['id', 'metadata', 'entity_ids', 'note'];

type FrameData = Attributes & { readonly event: Attributes };

function isFrameData(data: unknown): data is FrameData {
  return isJsonObject(data) && isJsonObject(data.event) && Object.hasOwn(data, 'event_type');
}

function eventInFrame({ event, ...received }: FrameData, id: unknown): Result<Attributes> {
  for (const [name, object, known] of [
    ['data', received, RECEIVED_KEYS],
    ['data.event', event, EVENT_DATA_KEYS],
  ] as const) {
    const unknown = unknownKey(object, known);
    if (unknown !== undefined) {
      return invalid(`unknown key ${quote(unknown)} in ${name}; it has ${known.join(', ')}`);
    }
  }
  return event.id === undefined || event.id === null || event.id === id
    ? ok({ ...event, ...received })
    : invalid(`id is ${quote(id)}, but data.event.id is ${quote(event.id)}`);
}

/** @param withType whether the event type is not the `type` */
function metadataOf(attributes: Attributes, withType: boolean): Record<string, unknown> {
  const { data, data_base64, subject, type } = attributes;
  const members: [string, unknown][] = [];
  if (withType) members.push(['type', type]);
  for (const [name, value] of otherAttributes(attributes)) {
    members.push([name === 'path' && !canBePath(value) ? 'ce_path' : name, value]);
  }
  if (subject !== undefined) members.push([canBePath(subject) ? 'path' : 'subject', subject]);
  if (data_base64 !== undefined) members.push(['data_base64', data_base64]);
  if (isJsonObject(data) && (!Object.hasOwn(data, 'path') || canBePath(data.path))) {
    members.push(...Object.entries(data));
  } else if (data !== undefined) members.push(['data', data]);
  return Object.fromEntries(members);
}

function canBePath(value: unknown): boolean {
  return checkMetadataPath(value as JsonValue).ok;
}
