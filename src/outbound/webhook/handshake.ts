/**
 * The handshake of CloudEvents webhooks (HTTP 1.1 Web Hooks for Event Delivery 1.0.2, section 4): the receiver agrees before
 * anything is sent to it. Consent by a callback (`WebHook-Request-Callback`) is not supported.
 */
import type { Agreement } from '../../destination/agreement.ts';
import type { WebhookSettings } from '../../destination/settings.ts';
import { USER_AGENT } from '../../destination/signed-headers.ts';
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../limits.ts';

const RATE = /^[1-9]\d{0,8}$/;
const HOW_TO =
  'let the receiver answer the request OPTIONS with the headers WebHook-Allowed-Origin and WebHook-Allowed-Rate, or set handshake to "off"';

/** What is used of the global `fetch`. */
export type HandshakeFetch = (
  url: string,
  init: {
    readonly method: 'OPTIONS';
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: Readonly<Record<string, string>>;
  },
) => Promise<Response>;

/**
 * @param origin whom the receiver is asked about: a host name of this server
 * @returns a failure whose message is a sentence
 */
export async function agree(
  { url, headers }: Pick<WebhookSettings, 'url' | 'headers'>,
  origin: string,
  fetch: HandshakeFetch,
): Promise<Result<Agreement>> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS),
      headers: { ...headers, 'User-Agent': USER_AGENT, 'WebHook-Request-Origin': origin },
    });
    await response.body?.cancel();
  } catch {
    return refused(`it did not answer within ${HANDSHAKE_TIMEOUT_MS / 1000} s, or not at all`);
  }
  if (!response.ok) return refused(`it answered ${response.status}`);
  const allowed = response.headers.get('WebHook-Allowed-Origin')?.trim();
  // The status says nothing: many servers answer OPTIONS.
  if (allowed === undefined) return refused('its answer has no header WebHook-Allowed-Origin');
  if (allowed !== '*' && allowed.toLowerCase() !== origin.toLowerCase()) {
    return refused(`it allows ${quote(allowed)}, and this server is ${quote(origin)}`);
  }
  const rate = response.headers.get('WebHook-Allowed-Rate')?.trim() ?? '*';
  if (rate !== '*' && !RATE.test(rate)) {
    return refused(`its header WebHook-Allowed-Rate is ${quote(rate)}, neither a number nor "*"`);
  }
  return ok({ origin, paceMs: rate === '*' ? 0 : Math.ceil(60_000 / Number(rate)) });
}

function refused(why: string): Result<never> {
  return invalid(`the receiver has not agreed to be sent events: ${why}; ${HOW_TO}`);
}
