/** Signatures that are verified with the vendor's public key. The key takes the place of the secret of a source. */

import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { invalid, ok } from '../../../lib/result.ts';
import { MAX_SIGNATURE_CHARACTERS } from '../../limits.ts';
import { headerValue } from '../headers.ts';
import type { WebhookRequest } from '../request.ts';
import {
  checkTime,
  type Proof,
  unverified,
  type VerificationContext,
  type Verified,
  type Verifier,
} from './verifier.ts';

interface PublicKeySignatureFormat {
  readonly header: string;
  readonly encoding: 'hex' | 'base64';
  /** The header with the time of the delivery. The time followed by the body is signed. */
  readonly timestamp: string;
  readonly key: PublicKeyForm;
}

/** The text form of a public key. */
interface PublicKeyForm {
  /** What the text is, for messages. */
  readonly about: string;
  /** The digest that is signed; undefined if it is part of the algorithm. */
  readonly hash: 'sha256' | undefined;
  /** @returns undefined if the text is no such key */
  read(text: string): KeyObject | undefined;
}

/** Ed25519 as 64 hexadecimal digits. */
export const ED25519_HEX: PublicKeyForm = {
  about: 'an ed25519 public key of 64 hexadecimal digits',
  hash: undefined,
  read(text) {
    if (!/^[0-9a-fA-F]{64}$/.test(text)) return undefined;
    const x = Buffer.from(text, 'hex').toString('base64url');
    return keyOrUndefined(() =>
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    );
  },
};

/** ECDSA on P-256: its SubjectPublicKeyInfo in Base64, without the lines of PEM. */
export const P256_SPKI: PublicKeyForm = {
  about: 'an ECDSA public key on P-256 in Base64, as the vendor shows it',
  hash: 'sha256',
  read(text) {
    const der = Buffer.from(text, 'base64');
    if (der.toString('base64') !== text) return undefined;
    const key = keyOrUndefined(() => createPublicKey({ key: der, format: 'der', type: 'spki' }));
    return key?.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  },
};

export function publicKeySignature(format: PublicKeySignatureFormat): Verifier {
  const { header, key } = format;
  return {
    isSigned: true,
    evidence: `the header ${header} with the signature`,
    isUsedBy: ({ headers }) => headers.has(header),
    claim: (request) => claimedProofOf(format, request),
    verify: async (request, secrets, context) => verifySignature(format, request, secrets, context),
    checkSecret: (text) => (key.read(text) ? ok(text) : invalid(`is not ${key.about}`)),
  };
}

function claimedProofOf(
  { timestamp }: PublicKeySignatureFormat,
  { headers, body }: WebhookRequest,
) {
  const time = headerValue(headers, timestamp) ?? '';
  return { timestamp: time, signed: Buffer.concat([Buffer.from(time), body]) };
}

function verifySignature(
  format: PublicKeySignatureFormat,
  request: WebhookRequest,
  keys: readonly string[],
  context: VerificationContext,
): Verified<Proof> {
  const { header, encoding, key } = format;
  const text = headerValue(request.headers, header) ?? '';
  if (text.length > MAX_SIGNATURE_CHARACTERS) {
    return unverified(
      `the header ${header} has ${text.length} characters, at most ${MAX_SIGNATURE_CHARACTERS} are allowed`,
    );
  }
  const claim = claimedProofOf(format, request);
  const time = checkTime(claim.timestamp, context);
  if (!time.ok) return time;
  const bytes = Buffer.from(text, encoding);
  const isGenuine = keys.some((each) => {
    const publicKey = key.read(each);
    return publicKey !== undefined && verify(key.hash ?? null, claim.signed, publicKey, bytes);
  });
  return isGenuine ? ok(claim) : unverified('the signature is wrong');
}

/** The platform throws if a text is no key. */
function keyOrUndefined(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
