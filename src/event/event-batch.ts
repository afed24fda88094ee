/**
 * Events that go to a hub together: all keys in one text, and all frames in one text. So they cross an RPC as two
 * strings, and the journal stores them as they came.
 */

export interface EventBatch {
  /**
   * The keys, one after the other. Each is the id, publisher, Vault namespace, type and source of its event: a second
   * event with the same key is a duplicate.
   */
  readonly keys: string;
  /** The JSON frames, one after the other, each as JSON subscribers get it. */
  readonly frames: string;
  /** For each event where its key ends and where its frame ends, in UTF-16 units of these texts. */
  readonly ends: Uint32Array;
}

/** The number of events. */
export function countOf({ ends }: EventBatch): number {
  return ends.length / 2;
}

/**
 * Whether the ends divide all of the texts, in order. What made the batch may be of another release.
 *
 * @param minUnits that each key and each frame has
 */
export function isWholeBatch({ keys, frames, ends }: EventBatch, minUnits: number): boolean {
  if (!(ends instanceof Uint32Array) || ends.length % 2 !== 0) return false;
  let keyEnd = 0;
  let frameEnd = 0;
  for (let i = 0; i < ends.length; i += 2) {
    const [key = 0, frame = 0] = [ends[i], ends[i + 1]];
    if (key < keyEnd + minUnits || frame < frameEnd + minUnits) return false;
    keyEnd = key;
    frameEnd = frame;
  }
  return keyEnd === keys.length && frameEnd === frames.length;
}

/** The keys of the events from one to another, which is not included. */
export function keysBetween({ keys, ends }: EventBatch, start: number, end: number): string {
  return keys.slice(ends[2 * start - 2] ?? 0, ends[2 * end - 2] ?? 0);
}

/** The frames of the same. */
export function framesBetween({ frames, ends }: EventBatch, start: number, end: number): string {
  return frames.slice(ends[2 * start - 1] ?? 0, ends[2 * end - 1] ?? 0);
}

export function keyAt(events: EventBatch, index: number): string {
  return keysBetween(events, index, index + 1);
}

/** The JSON frame of an event. */
export function frameAt(events: EventBatch, index: number): string {
  return framesBetween(events, index, index + 1);
}

/** @param events each with its key and its JSON frame */
export function eventBatch(events: readonly { key: string; json: string }[]): EventBatch {
  const ends = new Uint32Array(2 * events.length);
  let keys = '';
  let frames = '';
  for (const [index, { key, json }] of events.entries()) {
    keys += key;
    frames += json;
    ends[2 * index] = keys.length;
    ends[2 * index + 1] = frames.length;
  }
  return { keys, frames, ends };
}
