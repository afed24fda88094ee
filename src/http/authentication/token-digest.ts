/**
 * The digest of a token. A Worker remembers those of the root token and of the callers that it caches: a digest costs more
 * than all else that finds a cached caller. A token that nobody has is never remembered, so guesses evict nothing. The
 * time of a look-up does not tell how much of a guess is right: a map compares texts only if their hashes, which have a
 * random seed, are equal.
 */

import { hexOf, sha256 } from '../../lib/digest.ts';
import { type TokenDigest, workerCaches } from '../worker-caches.ts';

/** So that a token which is known is not waited for: `knownDigest(text) ?? (await tokenDigest(text))`. */
export function knownDigest(text: string): TokenDigest | undefined {
  return workerCaches.tokenDigests.get(text);
}

export async function tokenDigest(text: string): Promise<TokenDigest> {
  const bytes = await sha256(text);
  return { bytes, hex: hexOf(new Uint8Array(bytes)) };
}
