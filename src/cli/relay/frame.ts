/** A frame of the origin as the line of a publish request. Pure. */
import { createHash } from 'node:crypto';
import type { EventLine } from '../../client/batches.ts';
import { isUsableEventId } from '../../event/position-text.ts';
import { isJsonObject } from '../../lib/json.ts';
import { parseJson } from '../../lib/text.ts';

export interface FrameLine extends EventLine {
  /** Empty if the frame has none that can be read. */
  readonly source: string;
}

/**
 * The line of a frame. A frame that cannot be read is a line too: the receiver says what is wrong with it.
 *
 * @param originName the name of the origin, if other relays publish the same events under it
 * @returns undefined if the frame is empty
 */
export function lineOfFrame(frame: string, originName?: string): FrameLine | undefined {
  // A JSON string contains no newline, so these newlines are between members.
  const text = frame.replace(/[\r\n]+/g, ' ').trim();
  if (text === '') return undefined;
  const json = parseJson(text);
  const event = json.ok ? json.value : undefined;
  const usable = withUsableId(event, originName);
  return lineOf(usable === event ? text : JSON.stringify(usable), usable);
}

export function lineOfEvent(
  event: Readonly<Record<string, unknown>>,
  originName?: string,
): FrameLine {
  const usable = withUsableId(event, originName);
  return lineOf(JSON.stringify(usable), usable);
}

/**
 * Replaces an id that the receiver would reject, because `since=` reads it as another kind of position. The new id is
 * a digest, which is always the same, so the event is relayed once. Relays of one origin may hear other sources.
 */
function withUsableId(event: unknown, originName: string | undefined): unknown {
  if (!isJsonObject(event) || typeof event.id !== 'string' || event.id === '') return event;
  if (isUsableEventId(event.id)) return event;
  const id = createHash('sha256')
    .update(`${originName ?? textOf(event.source)}\n${event.id}`)
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
