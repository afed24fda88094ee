/** What a subscriber asks for, in the form that its hub takes, after all checks that need no caller. */

import type { Config } from '../../../config/config.ts';
import { ok, type Result } from '../../../lib/result.ts';
import type { Subscription } from '../../../subscription/handshake.ts';
import type { Refusal } from '../../respond.ts';
import type { StreamRequest } from '../streams/request.ts';
import { parseSubscribeRequest, type SubscribeRequest } from './request.ts';
import { checkUpgrade, offeredEncoding } from './upgrade.ts';

interface CheckedSubscription {
  readonly parsed: SubscribeRequest;
  readonly subscription: Subscription;
}

/** @param namespace the path of the Vault namespace that the request is sent to */
export function checkSubscription(
  request: Request,
  query: URLSearchParams,
  pattern: string,
  namespace: string,
  config: Config,
): Result<CheckedSubscription, Refusal> {
  const parsed = parseSubscribeRequest(request, query, pattern, namespace);
  if (!parsed.ok) return parsed;
  const { json, namespaces, filter, stream } = parsed.value;
  if (stream === undefined) {
    const upgrade = checkUpgrade(request, config);
    if (!upgrade.ok) return upgrade;
  }
  const offered = stream === undefined ? offeredEncoding(request.headers) : 'json';
  const subscription: Subscription = {
    pattern,
    namespaces,
    filter: filter?.text ?? '',
    ...(offered === undefined
      ? { protocol: 'stock', encoding: json ? 'json' : 'protobuf' }
      : { protocol: 'carillon.v1', encoding: offered }),
  };
  return ok({ parsed: parsed.value, subscription });
}

/** As the log of requests names it. */
export function transportOf({ protocol, encoding }: Subscription, stream?: StreamRequest): string {
  if (stream !== undefined) return stream.format.contentType;
  return protocol === 'stock' ? `websocket ${encoding}` : `websocket ${protocol} ${encoding}`;
}
