/**
 * Receives the webhooks that a Carillon server sends to a destination: checks who sent them, and reads their events. It runs
 * wherever WebCrypto does: Node, Workers, Deno, Bun.
 *
 * @module
 */
import { parseHops } from '../event/hops.ts';
import { decodeHeaderText } from '../lib/header-text.ts';
import { isJsonObject } from '../lib/json.ts';
import {
  isSignedBy,
  type StandardKey,
  signedBytes,
  standardKey,
} from '../lib/standard-webhooks.ts';
import { decodeUtf8, parseJson, readBytes } from '../lib/text.ts';
import { MAX_WEBHOOK_BYTES, MAX_WEBHOOK_SIGNATURES, WEBHOOK_TOLERANCE_SECONDS } from './bounds.ts';
import { type CarillonEvent, type EventTypes, receivedEvent } from './event.ts';

/** Why a webhook is not accepted. The codes are stable. `secret`: that of the program is none. */
export type WebhookErrorCode =
  | 'unsigned'
  | 'time'
  | 'signature'
  | 'too_large'
  | 'unreadable'
  | 'secret';

const STATUSES: Readonly<Record<WebhookErrorCode, number>> = {
  unsigned: 401,
  time: 401,
  signature: 401,
  too_large: 413,
  unreadable: 400,
  secret: 500,
};

/** A webhook that is not accepted. Its message is for the log of the receiver. */
export class WebhookError extends Error {
  /** `WebhookError` */
  override readonly name = 'WebhookError';
  /** Why it is not accepted. */
  readonly code: WebhookErrorCode;
  /** The HTTP status to answer with. */
  readonly status: number;

  /** Only `verify` makes one. */
  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUSES[code];
  }
}

/** What of a request is read: a `Request`, or the headers and the body as a framework has them. */
export interface WebhookRequest {
  /** `Headers`, or an object with the names in lower case, such as `request.headers` in Node. */
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came: a body that was parsed and written again has another signature. */
  readonly body:
    | AsyncIterable<Uint8Array>
    | ReadableStream<Uint8Array>
    | Uint8Array
    | string
    | null;
}

/** What may be chosen. */
export interface VerifyOptions {
  /** How far the clocks of the two servers may be apart, and how old a webhook may be. 300 by default. */
  readonly toleranceSeconds?: number;
  /** The largest body that is read. 4 MiB by default. */
  readonly maxBytes?: number;
}

/** An event as `subscribe` yields it, without a cursor: a webhook has none. */
export type WebhookEvent<Declared extends EventTypes = object> =
  CarillonEvent<Declared> extends infer E ? (E extends unknown ? Omit<E, 'cursor'> : never) : never;

/** A webhook that is genuine. */
export interface Webhook<Declared extends EventTypes = object> {
  /** The same at each attempt to deliver these events. */
  readonly id: string;
  /** What a program sends in the header `Carillon-Hops` if it publishes the events again. */
  readonly hops: number;
  /** In order. An event of the type `carillon/gap` says that events are missing before it. */
  readonly events: readonly WebhookEvent<Declared>[];
}

/**
 * Checks that a request is a webhook of the destination with this secret, and reads its events, in any format.
 *
 * @param secret `whsec_…`, or `whpk_…`, the public key that the server shows. Several while they are replaced
 * @throws {@link WebhookError} if it is not
 *
 * @example
 * ```ts
 * export default {
 *   async fetch(request: Request, env: { SECRET: string }): Promise<Response> {
 *     try {
 *       const { events } = await verify(request, env.SECRET);
 *       for (const event of events) console.log(event.eventType, event.metadata.path);
 *       return new Response(null, { status: 204 });
 *     } catch (error) {
 *       if (error instanceof WebhookError) return new Response(error.code, { status: error.status });
 *       throw error;
 *     }
 *   },
 * };
 * ```
 */
export async function verify<Declared extends EventTypes = object>(
  request: WebhookRequest,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Webhook<Declared>> {
  const { toleranceSeconds = WEBHOOK_TOLERANCE_SECONDS, maxBytes = MAX_WEBHOOK_BYTES } = options;
  const keys = [secret].flat().map(keyOf);
  const header = headerReader(request.headers);
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
    header(`webhook-${name}`),
  );
  if (!id || !timestamp || !signature) {
    throw new WebhookError(
      'unsigned',
      'webhook-id, webhook-timestamp or webhook-signature is missing',
    );
  }
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  // A time that is no number is far away, too.
  if (!(Math.abs(Date.now() / 1000 - seconds) <= toleranceSeconds)) {
    throw new WebhookError('time', `it was signed more than ${toleranceSeconds} s from now`);
  }
  const body = await bytesOf(request.body, maxBytes);
  const signed = signedBytes(id, timestamp, body);
  const proofs = await Promise.all(
    keys.map((key) => isSignedBy(key, signature, signed, MAX_WEBHOOK_SIGNATURES)),
  );
  if (!proofs.includes(true)) throw new WebhookError('signature', 'no signature is of this secret');
  const events = cloudEventsIn(header, body).map(eventOf) as unknown as WebhookEvent<Declared>[];
  const hops = parseHops(header('carillon-hops') ?? null);
  return { id, hops: hops.ok ? hops.value : 0, events };
}

function keyOf(secret: string): StandardKey {
  const key = standardKey(secret);
  if (key !== undefined && key.kind !== 'ed25519-private') return key;
  throw new WebhookError('secret', 'the secret is neither whsec_… nor whpk_…, each with Base64');
}

type HeaderReader = (name: string) => string | undefined;

function headerReader(headers: WebhookRequest['headers']): HeaderReader {
  const { get } = headers;
  if (typeof get === 'function') return (name) => get.call(headers, name) ?? undefined;
  const members = headers as Readonly<Record<string, string | readonly string[] | undefined>>;
  return (name) => [members[name]].flat()[0];
}

async function bytesOf(body: WebhookRequest['body'], maxBytes: number): Promise<Uint8Array> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const read =
    bytes instanceof Uint8Array
      ? bytes
      : await readBytes(
          bytes === null || Symbol.asyncIterator in bytes ? bytes : chunksOf(bytes),
          maxBytes,
        );
  if (read !== undefined && read.length <= maxBytes) return read;
  throw new WebhookError('too_large', `the body has more than ${maxBytes} bytes`);
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function cloudEventsIn(header: HeaderReader, body: Uint8Array): unknown[] {
  const text = decodeUtf8(body);
  const json = text.ok ? parseJson(text.value) : text;
  if (!json.ok) throw new WebhookError('unreadable', json.failure.message);
  const [mediaType = ''] = (header('content-type') ?? '').toLowerCase().split(';');
  if (mediaType.trim() === 'application/cloudevents-batch+json' && Array.isArray(json.value)) {
    return json.value;
  }
  if (mediaType.trim() === 'application/cloudevents+json') return [json.value];
  const attributes = ['specversion', 'id', 'source', 'type', 'subject', 'time'].flatMap((name) => {
    const value = header(`ce-${name}`);
    return value === undefined ? [] : [[name, decodeHeaderText(value)]];
  });
  const event = Object.fromEntries(attributes);
  // The signature says nothing of headers, so the id must be that of the data. The type is read from there, too.
  if (
    !isJsonObject(json.value) ||
    !isJsonObject(json.value.event) ||
    json.value.event.id !== event.id
  ) {
    throw new WebhookError('unreadable', 'it has no event, or another one than its headers say');
  }
  return [{ ...event, datacontenttype: 'application/json', data: json.value }];
}

function eventOf(cloudEvent: unknown): Omit<CarillonEvent, 'cursor'> {
  const event = isJsonObject(cloudEvent)
    ? receivedEvent({ cursor: '', event: cloudEvent })
    : undefined;
  if (event === undefined)
    throw new WebhookError('unreadable', 'it has no events of a Carillon server');
  const { cursor: _, ...received } = event;
  return received;
}
