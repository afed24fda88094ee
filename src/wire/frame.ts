/** An event on its way to subscribers. Each encoding is made at most once, when the first subscriber needs it. */

import { Buffer } from 'node:buffer';
import type { Event } from '../event/event.ts';
import { ok, type Result, tooLarge } from '../lib/result.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import { encodeProtobuf } from './protobuf.ts';

/** The encoding that a subscriber chose at the handshake: text frames of JSON, or binary frames of protobuf. */
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
    const bytes = this.#jsonBytes ?? Buffer.byteLength(this.json);
    this.#jsonBytes = bytes;
    return bytes;
  }
}

/**
 * The most bytes that one character (UTF-16 unit) of JSON takes in either encoding. The worst case is a list of
 * small numbers: two characters in JSON, eleven bytes in protobuf. In UTF-8 a character takes at most three
 * bytes. A frame that is shorter by this factor fits in both encodings, so most frames are encoded only once.
 */
const MAX_BYTES_PER_CHARACTER = 6;

/** Encodes an event as JSON, and rejects it if its frame would be too large for some clients. */
export function encodeWithinLimit(event: Event): Result<string> {
  const json = encodeJson(event);
  if (json.length * MAX_BYTES_PER_CHARACTER <= MAX_FRAME_BYTES) return ok(json);

  const jsonBytes = Buffer.byteLength(json);
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
