/** A frame of the origin as the line of a publish request. Pure. */
import { createHash } from 'node:crypto';
import type { EventLine } from '../../client/batches.ts';
import { isUsableEventId } from '../../event/position-text.ts';
import { isJsonObject } from '../../lib/json.ts';

export interface FrameLine extends EventLine {
  /** Empty where the frame has none that can be read. */
  readonly source: string;
}

/**
 * What cannot be read is a line like any other: the server that it is published to says what is wrong.
 *
 * @returns undefined where there is nothing in the frame
 */
export function lineOfFrame(frame: string): FrameLine | undefined {
  // Within a JSON string no line ends, so those that end stand between its members.
  const text = frame.replace(/[\r\n]+/g, ' ').trim();
  if (text === '') return undefined;
  const event = parse(text);
  const usable = withUsableId(event);
  return lineOf(usable === event ? text : JSON.stringify(usable), usable);
}

export function lineOfEvent(event: Readonly<Record<string, unknown>>): FrameLine {
  const usable = withUsableId(event);
  return lineOf(JSON.stringify(usable), usable);
}

/**
 * Another server may let a publisher choose an id that this side reads as a place of `since=` and refuses. A digest
 * stands for it, the same each time, so that the event is relayed, and once.
 */
function withUsableId(event: unknown): unknown {
  if (!isJsonObject(event) || typeof event.id !== 'string' || event.id === '') return event;
  if (isUsableEventId(event.id)) return event;
  const id = createHash('sha256')
    .update(`${textOf(event.source)}\n${event.id}`)
    .digest('hex');
  const { data } = event;
  if (!isJsonObject(data) || !isJsonObject(data.event)) return { ...event, id };
  return { ...event, id, data: { ...data, event: { ...data.event, id } } };
}

function lineOf(text: string, event: unknown): FrameLine {
  const { id, source, data } = isJsonObject(event) ? event : {};
  const { event_type, namespace } = isJsonObject(data) ? data : {};
  return {
    id: textOf(id),
    source: textOf(source),
    text,
    event: { eventType: textOf(event_type), namespace: textOf(namespace) },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
