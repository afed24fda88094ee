/** The root token of the server: a secret of the deployment, which no authority knows. */

import type { Config } from '../../config/config.ts';
import { TOKEN_PREFIX } from '../../token/token-form.ts';
import { type TokenDigest, workerCaches } from '../worker-caches.ts';
import { tokenDigest } from './token-digest.ts';

export async function isRootToken(secret: string, config: Config): Promise<boolean> {
  return isRootDigest(await tokenDigest(secret), config);
}

/** Digests have one length, so the time of the comparison does not tell how much of a guess is right. */
export async function isRootDigest(
  { bytes }: TokenDigest,
  { rootTokens }: Config,
): Promise<boolean> {
  let isEqual = false;
  for (const rootToken of rootTokens) {
    const root = workerCaches.rootTokenDigests.get(rootToken) ?? (await rootDigest(rootToken));
    isEqual = crypto.subtle.timingSafeEqual(bytes, root.bytes) || isEqual;
  }
  return isEqual;
}

async function rootDigest(rootToken: string): Promise<TokenDigest> {
  const digest = await tokenDigest(rootToken);
  workerCaches.rootTokenDigests.set(rootToken, digest);
  return digest;
}

/** Whether an authority of this server created the token. The root token is not one of these. */
export function isMadeHere(secret: string): boolean {
  return secret.startsWith(TOKEN_PREFIX);
}

/** Whether a token is the root token of this server, or has the form of those that it creates. */
export async function isOurToken(secret: string, config: Config): Promise<boolean> {
  return isMadeHere(secret) || (await isRootToken(secret, config));
}
