/** Signatures that are verified by a public key of the vendor, which stands where other sources have a secret. */
import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { ok, type Result } from '../../../lib/result.ts';
import { MAX_SIGNATURE_CHARACTERS } from '../../limits.ts';
import { headerValue } from '../header-value.ts';
import {
  type Conditions,
  doubt,
  doubtOfTime,
  type Proof,
  type Scheme,
  type Sent,
} from '../scheme.ts';

interface PublicKeySignature {
  readonly header: string;
  readonly encoding: 'hex' | 'base64';
  /** The header with the time of the delivery. The time and then the body are signed. */
  readonly timestamp: string;
  readonly key: PublicKeyForm;
}

/** How a vendor writes its public keys. */
interface PublicKeyForm {
  /** What such a text is, for messages. */
  readonly about: string;
  /** The digest that is signed; undefined where the algorithm has its own. */
  readonly hash: 'sha256' | undefined;
  /** @returns undefined for a text that is no such key */
  read(text: string): KeyObject | undefined;
}

/** Ed25519 as 64 hexadecimal digits. */
export const ED25519_HEX: PublicKeyForm = {
  about: 'an ed25519 public key of 64 hexadecimal digits',
  hash: undefined,
  read(text) {
    if (!/^[0-9a-fA-F]{64}$/.test(text)) return undefined;
    const x = Buffer.from(text, 'hex').toString('base64url');
    return keyOf(() => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
  },
};

/** ECDSA on P-256 as Base64 of its SubjectPublicKeyInfo, which has no PEM lines around it. */
export const P256_SPKI: PublicKeyForm = {
  about: 'an ECDSA public key on P-256 in Base64, as the vendor shows it',
  hash: 'sha256',
  read(text) {
    const der = Buffer.from(text, 'base64');
    if (der.toString('base64') !== text) return undefined;
    const key = keyOf(() => createPublicKey({ key: der, format: 'der', type: 'spki' }));
    return key?.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  },
};

export function publicKeySignature(signature: PublicKeySignature): Scheme {
  const { header, key } = signature;
  return {
    isSigned: true,
    evidence: `the header ${header} with the signature`,
    isUsedBy: ({ headers }) => headers.has(header),
    claim: (sent) => claimOf(signature, sent),
    verify: async (sent, secrets, conditions) => believe(signature, sent, secrets, conditions),
    problemOfSecret: (text) => (key.read(text) ? undefined : `is not ${key.about}`),
  };
}

function claimOf({ timestamp }: PublicKeySignature, { headers, body }: Sent) {
  const time = headerValue(headers, timestamp) ?? '';
  return { timestamp: time, signed: Buffer.concat([Buffer.from(time), body]) };
}

function believe(
  signature: PublicKeySignature,
  sent: Sent,
  keys: readonly string[],
  conditions: Conditions,
): Result<Proof, string> {
  const { header, encoding, key } = signature;
  const text = headerValue(sent.headers, header) ?? '';
  if (text.length > MAX_SIGNATURE_CHARACTERS) {
    return doubt(
      `the header ${header} has ${text.length} characters, at most ${MAX_SIGNATURE_CHARACTERS} are allowed`,
    );
  }
  const claim = claimOf(signature, sent);
  const late = doubtOfTime(claim.timestamp, conditions);
  if (late !== undefined) return doubt(late);
  const bytes = Buffer.from(text, encoding);
  const isGenuine = keys.some((each) => {
    const publicKey = key.read(each);
    return publicKey !== undefined && verify(key.hash ?? null, claim.signed, publicKey, bytes);
  });
  return isGenuine ? ok(claim) : doubt('the signature is wrong');
}

/** The platform throws at what is no key. */
function keyOf(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
