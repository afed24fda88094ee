/** Fetches a text from an address that an issuer or a vendor names. */
import { checkPublicUrl, type PublicUrlRules } from '../lib/public-url.ts';
import { readBytes } from '../lib/read-bytes.ts';
import { invalid, type Result } from '../lib/result.ts';
import { decodeUtf8 } from '../lib/text.ts';
import { KEY_FETCH_TIMEOUT_MS, MAX_KEY_SET_BYTES } from './limits.ts';

/** What is used of the global `fetch`. */
export type Fetch = (
  url: string,
  init: {
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: { readonly Accept: string };
  },
) => Promise<Response>;

export interface KeyFetchOptions extends PublicUrlRules {
  readonly fetch: Fetch;
  /** For all requests together, bodies included. */
  readonly timeoutMs?: number;
}

/** The URL must pass `checkPublicUrl`, and a redirect is not followed. A failure quotes nothing of the response. */
export async function fetchText(
  url: string,
  { fetch, timeoutMs = KEY_FETCH_TIMEOUT_MS, allowLoopbackHttp }: KeyFetchOptions,
  signal: AbortSignal = AbortSignal.timeout(timeoutMs),
): Promise<Result<string>> {
  const checked = checkPublicUrl(url, { allowLoopbackHttp });
  if (!checked.ok) return cannotFetch(url, `the URL ${checked.failure.message}`);
  try {
    const headers = { Accept: 'application/json, */*' };
    const response = await fetch(url, { redirect: 'manual', signal, headers });
    if (response.status !== 200) {
      await response.body?.cancel();
      return cannotFetch(
        url,
        response.status >= 300 && response.status < 400
          ? `it answered ${response.status}, and redirects are not followed`
          : `it answered ${response.status}`,
      );
    }
    const body = await readBytes(response.body, MAX_KEY_SET_BYTES);
    if (body === undefined) {
      return cannotFetch(url, `it has more than ${MAX_KEY_SET_BYTES} bytes`);
    }
    const text = decodeUtf8(body);
    return text.ok ? text : cannotFetch(url, 'it is not UTF-8');
  } catch {
    return cannotFetch(
      url,
      signal.aborted ? `it did not answer within ${timeoutMs} ms` : 'it cannot be reached',
    );
  }
}

export function cannotFetch(url: string, why: string): ReturnType<typeof invalid> {
  return invalid(`cannot fetch keys from ${JSON.stringify(url)}: ${why}`);
}
