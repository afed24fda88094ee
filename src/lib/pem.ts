import { exportJWK, importSPKI, importX509, type JWK } from 'jose';
import { MAX_PEM_CHARACTERS } from './limits.ts';
import { invalid, ok, type Result, tooMany } from './result.ts';

/** One algorithm for each kind of key. A PEM contains its kind, but jose needs to be told. */
const ALGORITHM_OF_EACH_KIND = ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Required by the algorithms (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

/** One block and nothing else: jose would join several. */
const BLOCK = /^-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----$/;

/** How an Ed25519 key begins. workerd also accepts an X25519 key as Ed25519, but that cannot sign. */
const ED25519 = 'MCowBQYDK2Vw';

/**
 * Reads a public key (`BEGIN PUBLIC KEY`), or the public key of a certificate: RSA, ECDSA on a NIST curve, or Ed25519.
 * The issuer and the dates of a certificate are not checked.
 *
 * @param name for the message, which never quotes the PEM: it may be a private key
 */
export async function publicKeyOfPem(pem: string, name: string): Promise<Result<JWK>> {
  if (pem.length > MAX_PEM_CHARACTERS) {
    return tooMany(name, pem.length, 'characters', MAX_PEM_CHARACTERS);
  }
  const [, kind, body = ''] = BLOCK.exec(pem) ?? [];
  const read = kind === 'CERTIFICATE' ? importX509 : importSPKI;
  for (const algorithm of kind === undefined ? [] : ALGORITHM_OF_EACH_KIND) {
    const isOfKind =
      algorithm !== 'EdDSA' || read === importX509 || body.trim().startsWith(ED25519);
    if (!isOfKind) continue;
    const key = await read(pem, algorithm, { extractable: true }).catch(() => undefined);
    if (key === undefined) continue;
    const { modulusLength = MIN_RSA_BITS } = key.algorithm as { readonly modulusLength?: number };
    if (modulusLength < MIN_RSA_BITS) {
      return invalid(`${name} is an RSA key of ${modulusLength} bits; use ${MIN_RSA_BITS} or more`);
    }
    return ok(await exportJWK(key));
  }
  return invalid(
    `${name} is not a public key or a certificate in PEM form, of RSA, ECDSA (P-256, P-384, P-521) or Ed25519`,
  );
}
