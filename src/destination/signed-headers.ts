/** The headers by which a receiver knows a webhook, as Standard Webhooks define them. */
import { hexOf, sha256 } from '../lib/digest.ts';
import { type StandardKey, signatureOf, signedBytes } from '../lib/standard-webhooks.ts';
import { VERSION } from '../lib/version.ts';

export const USER_AGENT = `carillon/${VERSION}`;

/**
 * @param keys each signs
 * @param now Unix milliseconds
 */
export async function signedHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  keys: readonly StandardKey[],
  now: number,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = Math.floor(now / 1000).toString();
  const signed = signedBytes(id, timestamp, new TextEncoder().encode(body));
  const signatures = await Promise.all(keys.map((key) => signatureOf(key, signed)));
  return {
    'User-Agent': USER_AGENT,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** The id of a message, or a digest of it if a header cannot have it. */
export async function headerId(id: string): Promise<string> {
  return /^[\x21-\x7e]+$/.test(id) ? id : `sha256-${hexOf(new Uint8Array(await sha256(id)))}`;
}
