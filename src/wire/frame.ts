/** An event on its way to subscribers, each encoding made at most once and only when one wants it. */

import type { Event } from '../event/event.ts';
import { ok, type Result, tooLarge } from '../lib/result.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import { encodeProtobuf } from './protobuf.ts';
import { utf8Length } from './utf8.ts';

/** What a subscriber chose at the handshake: text frames of JSON, or binary frames of protobuf. */
export type Encoding = 'json' | 'protobuf';

export class Frame {
  readonly json: string;
  #event: Event | undefined;
  #protobuf: Uint8Array | undefined;
  #jsonBytes: number | undefined;

  constructor(json: string) {
    this.json = json;
  }

  get event(): Event {
    this.#event ??= decodeJson(this.json);
    return this.#event;
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= encodeProtobuf(this.event);
    return this.#protobuf;
  }

  in(encoding: Encoding): string | Uint8Array {
    return encoding === 'json' ? this.json : this.protobuf;
  }

  /** Bytes on the wire. */
  size(encoding: Encoding): number {
    if (encoding === 'protobuf') return this.protobuf.length;
    this.#jsonBytes ??= utf8Length(this.json);
    return this.#jsonBytes;
  }
}

/**
 * Bytes in either encoding of one character (UTF-16 unit) of JSON, at most. The worst is a list of small
 * numbers, two characters in JSON and eleven bytes in protobuf; a character alone is three bytes of
 * UTF-8. A frame shorter by this factor fits in both, so most are encoded only once.
 */
const MAX_BYTES_PER_CHARACTER = 6;

/** Encodes an event as JSON and makes sure that no client is sent a frame it cannot read. */
export function encodeWithinLimit(event: Event): Result<string> {
  const json = encodeJson(event);
  if (json.length * MAX_BYTES_PER_CHARACTER <= MAX_FRAME_BYTES) return ok(json);

  const jsonBytes = utf8Length(json);
  if (jsonBytes > MAX_FRAME_BYTES) return frameTooLarge('JSON', jsonBytes);
  const protobufBytes = encodeProtobuf(event).length;
  if (protobufBytes > MAX_FRAME_BYTES) return frameTooLarge('protobuf', protobufBytes);
  return ok(json);
}

function frameTooLarge(encoding: string, bytes: number): Result<never> {
  return tooLarge(
    `the event takes ${bytes} bytes in ${encoding}, at most ${MAX_FRAME_BYTES} fit a frame that every client can read`,
  );
}
