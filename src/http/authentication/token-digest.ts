/**
 * The digest of a token. A Worker remembers those of the root token and of the callers that it caches: a digest costs more
 * than all else that finds a cached caller. A token that nobody has is never remembered, so guesses evict nothing. The
 * time of a look-up does not tell how much of a guess is right: a map compares texts only if their hashes, which have a
 * random seed, are equal.
 */

import { hexOf, sha256 } from '../../lib/digest.ts';
import { type TokenDigest, workerCaches } from '../worker-caches.ts';

/** Remembers nothing: whoever knows that the token is a good one does. */
export function tokenDigest(text: string): TokenDigest | Promise<TokenDigest> {
  return workerCaches.tokenDigests.get(text) ?? computeDigest(text);
}

async function computeDigest(text: string): Promise<TokenDigest> {
  const bytes = await sha256(text);
  return { bytes, hex: hexOf(new Uint8Array(bytes)) };
}
