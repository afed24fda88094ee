/** Public keys of an issuer, from files. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { isJsonObject } from '../../lib/json.ts';
import { ok } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { readInput } from '../input/input.ts';

/** @returns keys in PEM form. A file has one key or certificate in PEM form, or a key set (JWKS) */
export async function readPublicKeys(
  files: readonly string[],
): Promise<CommandResult<readonly string[]>> {
  const pems: string[] = [];
  for (const file of files) {
    const text = await readInput(file);
    if (!text.ok) return text;
    const json = parseJson(text.value);
    const keys =
      json.ok && isJsonObject(json.value) ? (json.value.keys ?? [json.value]) : undefined;
    if (!Array.isArray(keys)) {
      pems.push(text.value);
      continue;
    }
    const signing = keys.filter((key) => isJsonObject(key) && key.use !== 'enc');
    if (signing.length === 0) return failed(`${file} has no key that signs`);
    for (const [index, key] of signing.entries()) {
      const pem = pemOf(key as JsonWebKey);
      if (pem === undefined) return failed(`${file}: keys[${index}] is no public key`);
      pems.push(pem);
    }
  }
  return ok(pems);
}

/** Only the public part, even of a private key. */
function pemOf(key: JsonWebKey): string | undefined {
  try {
    const publicKey = createPublicKey({ key, format: 'jwk' });
    return publicKey.export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    return undefined;
  }
}
