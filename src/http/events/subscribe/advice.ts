/** Warnings for a subscriber who may get fewer events than it expects. */

import { adviceOnFilter } from '../../../event/filter/advice.ts';
import { adviceOnPattern } from '../../../event/pattern-advice.ts';
import { quote } from '../../../lib/quote.ts';
import type { Access } from '../../../policy/access.ts';
import { NDJSON } from '../streams/format.ts';
import { adviceOnParameters } from './parameters.ts';
import type { SubscribeRequest } from './request.ts';

export function adviceOnSubscription(
  request: SubscribeRequest,
  url: string,
  query: URLSearchParams,
  access: Access,
): string[] {
  const { pattern, namespaces } = request;
  return [
    ...adviceOnParameters(query),
    ...adviceOnSince(request, query),
    ...adviceOnEnd(request, query),
    ...adviceOnSlashes(url, pattern),
    ...adviceOnFilterOf(request),
    ...adviceOnPattern(pattern).map((advice) => `pattern: ${advice}`),
    ...namespaces
      .filter((each) => each.startsWith('/'))
      .map((each) => `namespaces: no namespace begins with a slash, as ${quote(each)} does`),
    ...adviceOnPolicies(pattern, access),
  ];
}

/** A client that builds the URL from an empty variable would otherwise begin now without knowing. */
function adviceOnSince({ since }: SubscribeRequest, query: URLSearchParams): string[] {
  return query.has('since') && since === undefined
    ? ['since is empty, so the subscription begins now']
    : [];
}

function adviceOnEnd({ stream }: SubscribeRequest, query: URLSearchParams): string[] {
  if (stream?.format === NDJSON) return [];
  return ['limit', 'wait'].flatMap((name) =>
    query.has(name)
      ? [`the parameter ${quote(name)} is read only with "Accept: ${NDJSON.contentType}"`]
      : [],
  );
}

/** Consecutive slashes are merged, so the pattern is not the one that was written. */
function adviceOnSlashes(url: string, pattern: string): string[] {
  return /^[^?#]*\/sys\/events\/subscribe\/{2}/.test(url)
    ? [`pattern: no event type begins with a slash; this subscribes to ${quote(pattern)}`]
    : [];
}

function adviceOnFilterOf({ filter, pattern }: SubscribeRequest): string[] {
  if (filter === undefined) return [];
  const advice = [...filter.warnings, ...adviceOnFilter(filter.text, pattern)];
  return advice.map((each) => `filter: ${each}`);
}

function adviceOnPolicies(pattern: string, access: Access): string[] {
  const advice: string[] = [];
  if (!access.couldReceive(pattern)) {
    advice.push(
      `policies: none of this token grants list and subscribe with subscribe_event_types that ${quote(pattern)} has in common, so nothing will be delivered`,
    );
  }
  for (const text of access.adviceOnKvTypes(pattern)) advice.push(`policies: this token ${text}`);
  return advice;
}
