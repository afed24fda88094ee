/** The secret that signs webhooks: that of a file, or a new one. */
import { randomBytes } from 'node:crypto';
import { checkStandardSecret } from '../../ingest/webhooks/verifiers/standard-keys.ts';
import { ok } from '../../lib/result.ts';
import { standardKey } from '../../lib/standard-webhooks.ts';
import { announce, type CommandResult, failed } from '../command/command.ts';
import { readSecret } from '../input/input.ts';

const SECRET_BYTES = 32;

/** @param file `-` for standard input; undefined to make a secret, which is printed */
export async function signingSecret(file: string | undefined): Promise<CommandResult<string>> {
  if (file === undefined) {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    announce(`signing secret: ${secret} (--secret-file keeps one over restarts)`);
    return ok(secret);
  }
  const secret = await readSecret(file);
  if (!secret.ok) return secret;
  const name = `the secret in ${file === '-' ? 'standard input' : file}`;
  const checked = checkStandardSecret(secret.value);
  if (!checked.ok) return failed(`${name} ${checked.failure.message}`);
  // The holder of a public key can verify, and cannot sign.
  return standardKey(secret.value)?.kind === 'hmac'
    ? checked
    : failed(
        `${name} is a public key, which signs nothing; give a secret that begins with "whsec_"`,
      );
}
