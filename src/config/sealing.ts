/**
 * The secrets of sources are stored encrypted, because deliveries are verified with them. Their keys are the secret
 * `SOURCE_KEY` of the Worker. Several keys are for rotation: the first one seals, and all of them open.
 */
import { Buffer } from 'node:buffer';
import { type AesKey, decrypt, encrypt } from '../lib/aes.ts';
import { hexOf, sha256 } from '../lib/digest.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Variables } from './variables.ts';

const KEY_BYTES = 32;
/** Sealed text names its key by the first hexadecimal digits of the digest of that key. */
const KEY_ID_CHARACTERS = 16;
const HOW_TO =
  'set it with `openssl rand -base64 32 | npx wrangler secret put SOURCE_KEY`; to rotate it, put the new key before the old one, with a comma between them';

/** @returns no keys if the secret is not set */
export function parseSealingKeys({ SOURCE_KEY }: Variables): Result<AesKey[]> {
  const texts = (SOURCE_KEY ?? '').split(',').map((each) => each.trim());
  const keys = texts.filter((each) => each !== '').map((each) => Buffer.from(each, 'base64'));
  const wrong = keys.findIndex((key) => key.length !== KEY_BYTES);
  return wrong === -1
    ? ok(keys)
    : invalid(
        `key ${wrong + 1} in the secret SOURCE_KEY is not ${KEY_BYTES} bytes in Base64; ${HOW_TO}`,
      );
}

export const NO_SEALING_KEY = `this server has no key to store the secrets of sources under; ${HOW_TO}`;

/** @param owner to whom the text belongs. It cannot be opened for another owner. */
export async function seal(keys: readonly AesKey[], owner: string, text: string): Promise<string> {
  const [key] = keys;
  if (key === undefined) throw new Error(NO_SEALING_KEY);
  const sealed = Buffer.from(await encrypt(key, owner, text));
  return `${await idOf(key)}.${sealed.toString('base64')}`;
}

/** @returns the text, and whether the first key has sealed it */
export async function unseal(
  keys: readonly AesKey[],
  owner: string,
  sealed: string,
): Promise<Result<{ readonly text: string; readonly isCurrent: boolean }>> {
  const [id = '', base64 = ''] = sealed.split('.');
  for (const [index, key] of keys.entries()) {
    if ((await idOf(key)) !== id) continue;
    const text = await decrypt(key, owner, new Uint8Array(Buffer.from(base64, 'base64')).buffer);
    return text === undefined
      ? invalid(
          'it was sealed for another owner, or is not what was sealed; write the secrets again',
        )
      : ok({ text, isCurrent: index === 0 });
  }
  return invalid(
    `the key ${quote(id)}, under which it is stored, is not in the secret SOURCE_KEY; put that key back after the new one, or write the secrets again`,
  );
}

/** @returns says under which of the keys a text was sealed. `old`: not the first; `missing`: none of them */
export async function keyStates(
  keys: readonly AesKey[],
): Promise<(sealed: string) => 'current' | 'old' | 'missing'> {
  const ids = await Promise.all(keys.map(idOf));
  return (sealed) => {
    const index = ids.indexOf(sealed.split('.')[0] ?? '');
    if (index === 0) return 'current';
    return index === -1 ? 'missing' : 'old';
  };
}

async function idOf(key: AesKey): Promise<string> {
  return hexOf(new Uint8Array(await sha256(key))).slice(0, KEY_ID_CHARACTERS);
}
