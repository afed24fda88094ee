/** An event on its way to subscribers, each encoding made at most once and only when one wants it. */

import type { Event } from '../event/event.ts';
import { MAX_FRAME_BYTES } from '../limits.ts';
import { ok, type Result, tooLarge } from '../result.ts';
import { decodeJson, encodeJson } from './json.ts';
import { encodeProtobuf } from './protobuf.ts';

/** What a subscriber chose at the handshake: text frames of JSON, or binary frames of protobuf. */
export type Encoding = 'json' | 'protobuf';

export class Frame {
  readonly json: string;
  #protobuf: Uint8Array | undefined;

  constructor(json: string) {
    this.json = json;
  }

  in(encoding: Encoding): string | Uint8Array {
    if (encoding === 'json') return this.json;
    this.#protobuf ??= encodeProtobuf(decodeJson(this.json));
    return this.#protobuf;
  }
}

/**
 * How much longer protobuf can be than JSON. The worst is a list of small numbers: two bytes in JSON,
 * eleven in protobuf. A frame shorter by this factor fits in both, so most are encoded only once.
 */
const PROTOBUF_GROWTH = 6;

/** Encodes an event as JSON and makes sure that no client is sent a frame it cannot read. */
export function encodeWithinLimit(event: Event): Result<string> {
  const json = encodeJson(event);
  if (json.length * MAX_UTF8_BYTES * PROTOBUF_GROWTH <= MAX_FRAME_BYTES) return ok(json);

  const jsonBytes = new TextEncoder().encode(json).length;
  if (jsonBytes > MAX_FRAME_BYTES) return frameTooLarge('JSON', jsonBytes);
  if (jsonBytes * PROTOBUF_GROWTH <= MAX_FRAME_BYTES) return ok(json);

  const protobufBytes = encodeProtobuf(event).length;
  if (protobufBytes > MAX_FRAME_BYTES) return frameTooLarge('protobuf', protobufBytes);
  return ok(json);
}

/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const MAX_UTF8_BYTES = 3;

function frameTooLarge(encoding: string, bytes: number): Result<never> {
  return tooLarge(
    `the event takes ${bytes} bytes in ${encoding}, at most ${MAX_FRAME_BYTES} fit a frame that every client can read`,
  );
}
