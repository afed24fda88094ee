/** A frame of the origin as the line of a publish request. Pure. */
import type { Line } from '../../client/batches.ts';
import { isJsonObject } from '../../event/json.ts';

export interface FrameLine extends Line {
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
  return text === '' ? undefined : lineOf(text, parse(text));
}

export function lineOfEvent(event: Readonly<Record<string, unknown>>): FrameLine {
  return lineOf(JSON.stringify(event), event);
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
