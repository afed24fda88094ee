/** Finds the secret that has signed a delivery. */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { standardKey, verifyEd25519 } from '../../../lib/standard-webhooks.ts';

export interface Signature {
  readonly kind: 'hmac' | 'ed25519';
  readonly bytes: Uint8Array;
}

interface SigningParameters {
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  /** Whether the secrets have the form of Standard Webhooks. */
  readonly standard?: boolean;
}

/** Two different texts never decodeSignature to the same signature. */
export function decodeSignature(text: string, encoding: 'hex' | 'base64'): Uint8Array | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  return text !== '' && again === (encoding === 'hex' ? text.toLowerCase() : text)
    ? bytes
    : undefined;
}

/** @returns the secret of one of the signatures; undefined if no signature is valid */
export async function findSigningSecret(
  signed: Uint8Array,
  signatures: readonly Signature[],
  secrets: readonly string[],
  parameters: SigningParameters,
): Promise<string | undefined> {
  let known: string | undefined;
  for (const secret of secrets) {
    // All secrets are tried, so the time does not show which one matches.
    if (await isSignedWith(secret, signed, signatures, parameters)) known = secret;
  }
  return known;
}

async function isSignedWith(
  secret: string,
  signed: Uint8Array,
  signatures: readonly Signature[],
  { algorithm, standard = false }: SigningParameters,
): Promise<boolean> {
  const key = standard ? standardKey(secret) : { kind: 'hmac', bytes: Buffer.from(secret) };
  if (key === undefined) return false;
  const own = signatures.filter(({ kind }) => kind === key.kind);
  if (own.length === 0) return false;
  let isSigned = false;
  if (key.kind === 'ed25519') {
    for (const { bytes } of own) {
      if (await verifyEd25519(key.bytes, bytes, signed)) isSigned = true;
    }
    return isSigned;
  }
  // One HMAC for each secret, however many signatures there are.
  const mac = await hmac(algorithm, key.bytes, signed);
  for (const { bytes } of own) {
    // The platform throws if the lengths differ.
    const isOfLength = bytes.length === mac.length;
    if (isOfLength && timingSafeEqual(mac, bytes)) isSigned = true;
  }
  return isSigned;
}

export async function hmac(
  algorithm: SigningParameters['algorithm'],
  key: Uint8Array,
  signed: Uint8Array,
): Promise<Uint8Array> {
  const parameters = { name: 'HMAC', hash: algorithm };
  const imported = await crypto.subtle.importKey('raw', key, parameters, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, signed));
}
