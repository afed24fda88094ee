/**
 * The keys and signatures of Standard Webhooks. The id, the time and the body of a message are signed, with HMAC-SHA-256 (`v1`)
 * or ed25519 (`v1a`). Needs only WebCrypto, so that it runs wherever the client runs.
 */
import { isBase64 } from './text.ts';

/** No memory here is shared with another thread, and browsers take no other. */
type Bytes = Uint8Array<ArrayBuffer>;

/** `ed25519` is a public key, which only verifies. */
export interface StandardKey {
  readonly kind: 'hmac' | 'ed25519' | 'ed25519-private';
  /** Of a private key, the seed. */
  readonly bytes: Bytes;
}

export const SECRET_PREFIX = 'whsec_';
export const PUBLIC_KEY_PREFIX = 'whpk_';
export const PRIVATE_KEY_PREFIX = 'whsk_';
export const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
/** What is before the seed of an ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

/**
 * Reads `whsec_…`, whose prefix may be absent, `whpk_…` and `whsk_…`. A private key is its seed, or the seed and then the
 * public key, as some libraries write it.
 *
 * @returns undefined if it is not Base64, or an ed25519 key of another length
 */
export function standardKey(secret: string): StandardKey | undefined {
  if (secret.startsWith(PUBLIC_KEY_PREFIX)) {
    const bytes = bytesOf(secret.slice(PUBLIC_KEY_PREFIX.length));
    return bytes?.length === ED25519_KEY_BYTES ? { kind: 'ed25519', bytes } : undefined;
  }
  if (secret.startsWith(PRIVATE_KEY_PREFIX)) {
    const bytes = bytesOf(secret.slice(PRIVATE_KEY_PREFIX.length));
    return bytes && [ED25519_KEY_BYTES, 2 * ED25519_KEY_BYTES].includes(bytes.length)
      ? { kind: 'ed25519-private', bytes: bytes.slice(0, ED25519_KEY_BYTES) }
      : undefined;
  }
  const bytes = bytesOf(secret.replace(SECRET_PREFIX, ''));
  return bytes && { kind: 'hmac', bytes };
}

/** What is signed. */
export function signedBytes(id: string, timestamp: string, body: Uint8Array): Bytes {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/**
 * @param key no public key
 * @returns `v1,…` or `v1a,…`
 */
export async function signatureOf({ kind, bytes }: StandardKey, signed: Bytes): Promise<string> {
  if (kind === 'hmac') {
    const key = await hmacKey(bytes, ['sign']);
    return `v1,${base64Of(await crypto.subtle.sign('HMAC', key, signed))}`;
  }
  const key = await privateKey(bytes);
  return `v1a,${base64Of(await crypto.subtle.sign('Ed25519', key, signed))}`;
}

/**
 * @param header several signatures, separated by blanks. Those of unknown versions are ignored
 * @param maxSignatures more are not tried
 */
export async function isSignedBy(
  { kind, bytes }: StandardKey,
  header: string,
  signed: Bytes,
  maxSignatures: number,
): Promise<boolean> {
  const version = kind === 'hmac' ? 'v1,' : 'v1a,';
  const texts = header.split(' ').filter((text) => text.startsWith(version));
  for (const text of texts.slice(0, maxSignatures)) {
    const signature = bytesOf(text.slice(version.length));
    if (signature === undefined) continue;
    const isOwn =
      kind === 'hmac'
        ? await crypto.subtle.verify('HMAC', await hmacKey(bytes, ['verify']), signature, signed)
        : await verifyEd25519(bytes, signature, signed);
    if (isOwn) return true;
  }
  return false;
}

/** @param key the 32 bytes of the public key */
export async function verifyEd25519(
  key: Bytes,
  signature: Uint8Array,
  signed: Uint8Array,
): Promise<boolean> {
  // The platform throws if the length is wrong.
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, [
    'verify',
  ]);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature as Bytes, signed as Bytes);
}

/** @returns `whpk_…`, with which the signatures of the private key are verified */
export async function publicKeyOf({ bytes }: StandardKey): Promise<string> {
  const { x = '' } = (await crypto.subtle.exportKey('jwk', await privateKey(bytes))) as {
    readonly x?: string;
  };
  return `${PUBLIC_KEY_PREFIX}${x.replaceAll('-', '+').replaceAll('_', '/')}=`;
}

function hmacKey(bytes: Bytes, uses: ['sign'] | ['verify']) {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, uses);
}

function privateKey(seed: Bytes) {
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed]);
  return crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign']);
}

function bytesOf(base64: string): Bytes | undefined {
  if (base64 === '' || !isBase64(base64)) return undefined;
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Of(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
