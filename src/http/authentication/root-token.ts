/** The root token of the server: a secret of the deployment, which no authority knows. */

import type { Config } from '../../config/config.ts';
import { sha256 } from '../../lib/digest.ts';
import { TOKEN_PREFIX } from '../../token/token-form.ts';
import { workerCaches } from '../worker-caches.ts';

export async function isRootToken(secret: string, { rootToken = '' }: Config): Promise<boolean> {
  let expected = workerCaches.rootTokenDigests.get(rootToken);
  if (expected === undefined) {
    expected = await sha256(rootToken);
    workerCaches.rootTokenDigests.set(rootToken, expected);
  }
  // Digests have one length, so the time of the comparison does not tell how much of a guess is right.
  return crypto.subtle.timingSafeEqual(await sha256(secret), expected);
}

/** Whether an authority of this server created the token. The root token is not one of these. */
export function isMadeHere(secret: string): boolean {
  return secret.startsWith(TOKEN_PREFIX);
}

/** Whether a token is the root token of this server, or has the form of those that it creates. */
export async function isOurToken(secret: string, config: Config): Promise<boolean> {
  return isMadeHere(secret) || (await isRootToken(secret, config));
}
