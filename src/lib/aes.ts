/**
 * Encrypts texts for storage: AES-256-GCM, with the nonce before the ciphertext. A ciphertext is bound to a context, such
 * as the name of what it belongs to, and cannot be decrypted in another one.
 */
import { Buffer } from 'node:buffer';

const NONCE_BYTES = 12;

/** 32 bytes. */
export type AesKey = Uint8Array;

export async function encrypt(key: AesKey, context: string, text: string): Promise<ArrayBuffer> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const encrypted = await crypto.subtle.encrypt(
    parameters(nonce, context),
    await importKey(key),
    Buffer.from(text),
  );
  const whole = new Uint8Array(NONCE_BYTES + encrypted.byteLength);
  whole.set(nonce);
  whole.set(new Uint8Array(encrypted), NONCE_BYTES);
  return whole.buffer;
}

/** @returns undefined if the key, the context or the bytes are not those of the encryption */
export async function decrypt(
  key: AesKey,
  context: string,
  bytes: ArrayBuffer,
): Promise<string | undefined> {
  const nonce = new Uint8Array(bytes.slice(0, NONCE_BYTES));
  try {
    const text = await crypto.subtle.decrypt(
      parameters(nonce, context),
      await importKey(key),
      bytes.slice(NONCE_BYTES),
    );
    return Buffer.from(text).toString();
  } catch {
    return undefined;
  }
}

function parameters(iv: Uint8Array, context: string) {
  return { name: 'AES-GCM', iv, additionalData: Buffer.from(context) };
}

function importKey(key: AesKey) {
  return crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
}
