/** Which secret of a source has signed something. */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { standardKey, verifyEd25519 } from './standard-keys.ts';

export interface Signature {
  readonly kind: 'hmac' | 'ed25519';
  readonly bytes: Uint8Array;
}

interface Signing {
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-512';
  /** Whether secrets are those of Standard Webhooks. */
  readonly standard?: boolean;
}

/** Strictly: two texts that differ are never one signature. */
export function decode(text: string, encoding: 'hex' | 'base64'): Uint8Array | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  return text !== '' && again === (encoding === 'hex' ? text.toLowerCase() : text)
    ? bytes
    : undefined;
}

/** @returns the secret by which one of the signatures is right */
export async function signingSecret(
  signed: Uint8Array,
  signatures: readonly Signature[],
  secrets: readonly string[],
  signing: Signing,
): Promise<string | undefined> {
  let known: string | undefined;
  for (const secret of secrets) {
    // No early end: the time says nothing of which secret it was.
    if (await isSignedWith(secret, signed, signatures, signing)) known = secret;
  }
  return known;
}

async function isSignedWith(
  secret: string,
  signed: Uint8Array,
  signatures: readonly Signature[],
  { algorithm, standard = false }: Signing,
): Promise<boolean> {
  const key = standard
    ? standardKey(secret)
    : { kind: 'hmac' as const, bytes: Buffer.from(secret) };
  const own = signatures.filter(({ kind }) => kind === key.kind);
  if (own.length === 0) return false;
  let isSigned = false;
  if (key.kind === 'ed25519') {
    for (const { bytes } of own) {
      if (await verifyEd25519(key.bytes, bytes, signed)) isSigned = true;
    }
    return isSigned;
  }
  // Made once a secret: the number of signatures costs nothing.
  const mac = await hmac(algorithm, key.bytes, signed);
  for (const { bytes } of own) {
    // The platform throws at two lengths.
    const isOfLength = bytes.length === mac.length;
    if (isOfLength && timingSafeEqual(mac, bytes)) isSigned = true;
  }
  return isSigned;
}

export async function hmac(
  algorithm: Signing['algorithm'],
  key: Uint8Array,
  signed: Uint8Array,
): Promise<Uint8Array> {
  const parameters = { name: 'HMAC', hash: algorithm };
  const imported = await crypto.subtle.importKey('raw', key, parameters, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, signed));
}
