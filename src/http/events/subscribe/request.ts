/** What a subscriber asks for, checked in Vault's order. */

import { checkPattern } from '../../../event/event-type.ts';
import { compileFilter, type Filter } from '../../../event/filter/filter.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { parseBool } from '../../../lib/text.ts';
import { namespacePatterns } from '../../../subscription/namespace-patterns.ts';
import { parseSince, type Since } from '../../../subscription/since.ts';
import { type Refusal, refused } from '../../respond.ts';
import { formatOf, parseStreamRequest, type StreamRequest } from '../streams/request.ts';
import { isLastEventId } from './parameters.ts';

export interface SubscribeRequest {
  readonly pattern: string;
  readonly json: boolean;
  readonly filter: Filter | undefined;
  readonly namespaces: readonly string[];
  /** Undefined: from now on. */
  readonly since: Since | undefined;
  /** Undefined: a WebSocket. */
  readonly stream: StreamRequest | undefined;
}

/** @param namespace the path of the Vault namespace that the request is sent to */
export function parseSubscribeRequest(
  request: Request,
  query: URLSearchParams,
  pattern: string,
  namespace: string,
): Result<SubscribeRequest, Refusal> {
  const checked = checkPattern(pattern);
  if (!checked.ok) return checked;
  const json = parseBool(query.get('json') ?? '');
  if (json === undefined) return invalid(`invalid parameter for JSON: ${query.get('json')}`);
  const filter = filterOf(query);
  if (!filter.ok) return refused({ reason: 'invalid_filter', message: filter.failure.message });
  const namespaces = namespacePatterns(namespace, query.getAll('namespaces'));
  if (!namespaces.ok) return namespaces;
  const since = sinceOf(request.headers, query);
  if (!since.ok) return since;
  const stream = streamOf(request, query);
  if (!stream.ok) return stream;
  return ok({
    pattern,
    json,
    filter: filter.value,
    namespaces: namespaces.value,
    since: since.value,
    stream: stream.value,
  });
}

function filterOf(query: URLSearchParams): Result<Filter | undefined> {
  const text = (query.get('filter') ?? '').trim();
  return text === '' ? ok(undefined) : compileFilter(text);
}

/**
 * `since` is where the client began. The header, and the parameter that replaces it where a page cannot set headers,
 * are the last event that the client received. So they take precedence, the header first. The header is not a list,
 * because an id may have a comma in it.
 */
function sinceOf(headers: Headers, query: URLSearchParams): Result<Since | undefined> {
  const now = Date.now();
  const header = (headers.get('last-event-id') ?? '').trim();
  if (header !== '') return parseSince(header, 'Last-Event-ID', now);
  const [, parameter = ''] =
    [...query].find(([name, value]) => isLastEventId(name) && value.trim() !== '') ?? [];
  return parameter === ''
    ? parseSince(query.get('since') ?? '', 'since', now)
    : parseSince(parameter, 'lastEventId', now);
}

function streamOf(request: Request, query: URLSearchParams): Result<StreamRequest | undefined> {
  const format = formatOf(request);
  return format === undefined ? ok(undefined) : parseStreamRequest(format, query);
}
