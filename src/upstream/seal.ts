/**
 * How an authority keeps a token of the upstream that it has to look up again: encrypted (AES-256-GCM) under
 * a key that is made of `ROOT_TOKEN`, which is stored nowhere. Another root token opens none of them.
 */

const IV_BYTES = 12;
const PURPOSE = new TextEncoder().encode('carillon: tokens of the upstream');

/** @param digest of the token: what was sealed for one row opens in no other */
export async function seal(
  secret: string,
  digest: string,
  rootToken: string,
): Promise<ArrayBuffer> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const text = new TextEncoder().encode(secret);
  const sealed = await crypto.subtle.encrypt(parameters(iv, digest), await key(rootToken), text);
  const whole = new Uint8Array(IV_BYTES + sealed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(sealed), IV_BYTES);
  return whole.buffer;
}

/** @returns the token; undefined where it was sealed under another root token, or is not what was sealed */
export async function unseal(
  sealed: ArrayBuffer,
  digest: string,
  rootToken: string,
): Promise<string | undefined> {
  const iv = new Uint8Array(sealed.slice(0, IV_BYTES));
  try {
    const text = await crypto.subtle.decrypt(
      parameters(iv, digest),
      await key(rootToken),
      sealed.slice(IV_BYTES),
    );
    return new TextDecoder().decode(text);
  } catch {
    return undefined;
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, digest: string) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(digest) };
}

async function key(rootToken: string) {
  const material = new TextEncoder().encode(rootToken);
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}
