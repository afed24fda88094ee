/** The parameters of a stream. */
import { parseDuration } from '../../../lib/duration.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_STREAM_SECONDS } from '../../limits.ts';
import { acceptedOf, hasName } from '../../request/header.ts';
import { NDJSON, SSE, type StreamFormat } from './format.ts';

export interface StreamRequest {
  readonly format: StreamFormat;
  /** The stream ends after this many events. */
  readonly limit: number;
  /** The stream ends after this many milliseconds. */
  readonly maxMs: number;
}

const FORMATS = new Map([SSE, NDJSON].map((format) => [format.contentType, format]));

/**
 * The format that the client prefers of those that it accepts by name; undefined if it wants no stream. A client that offers
 * another protocol than a WebSocket, such as HTTP/2, goes on without it.
 */
export function formatOf({ method, headers }: Request): StreamFormat | undefined {
  if (method !== 'GET' || hasName(headers.get('upgrade'), 'websocket')) return undefined;
  const [best = ''] = acceptedOf(headers.get('accept'), [...FORMATS.keys()]);
  return FORMATS.get(best);
}

/** Reads `limit` and `wait`. With SSE they are ignored: EventSource takes an end for a failure, and reconnects. */
export function parseStreamRequest(
  format: StreamFormat,
  query: URLSearchParams,
): Result<StreamRequest> {
  const unlimited = { format, limit: Infinity, maxMs: MAX_STREAM_SECONDS * 1000 };
  if (format !== NDJSON) return ok(unlimited);
  const limit = parseLimit(query.get('limit')?.trim() ?? '');
  if (!limit.ok) return limit;
  const wait = parseWait(query.get('wait')?.trim() ?? '');
  return wait.ok ? ok({ format, limit: limit.value, maxMs: wait.value * 1000 }) : wait;
}

function parseLimit(text: string): Result<number> {
  if (text === '') return ok(Infinity);
  return /^0*[1-9]\d{0,8}$/.test(text)
    ? ok(Number(text))
    : invalid(`limit must be a number of events from 1 to 999999999, not ${quote(text)}`);
}

function parseWait(text: string): Result<number> {
  if (text === '') return ok(MAX_STREAM_SECONDS);
  const seconds = parseDuration(text, 'wait');
  if (!seconds.ok) return seconds;
  return seconds.value >= 1 && seconds.value <= MAX_STREAM_SECONDS
    ? seconds
    : invalid(`wait must be from 1 to ${MAX_STREAM_SECONDS} seconds, not ${quote(text)}`);
}
