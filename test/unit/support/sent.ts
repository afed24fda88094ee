/** A delivery as the tests of sources send it. */
import type { WebhookRequest } from '../../../src/ingest/webhooks/request.ts';
import type {
  VendorKeys,
  VerificationContext,
} from '../../../src/ingest/webhooks/verifiers/verifier.ts';
import { invalid } from '../../../src/lib/result.ts';

/** For kinds whose keys stand among their secrets. */
export const NOTHING_FETCHED: VendorKeys = {
  certificateKey: async () => invalid('nothing is fetched here'),
  claims: async () => invalid('nothing is fetched here'),
};

/** @param seconds Unix time */
export function conditionsAt(
  seconds: number,
  given: Partial<VerificationContext> = {},
): VerificationContext {
  return {
    now: seconds * 1000,
    toleranceSeconds: 300,
    options: {},
    vendorKeys: NOTHING_FETCHED,
    ...given,
  };
}

export function sentWith(
  headers: Headers | Readonly<Record<string, string>>,
  body: string,
  given: Partial<WebhookRequest> = {},
): WebhookRequest {
  const url = given.url ?? 'https://events.example.com/v1/sys/events/in/from';
  return {
    method: 'POST',
    url,
    query: new URL(url).searchParams,
    headers: new Headers(headers),
    body: new TextEncoder().encode(body),
    token: undefined,
    ...given,
  };
}
