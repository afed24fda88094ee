/** Twilio signs the URL and the fields of a form. For any other body, the URL contains a digest of the body. */

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ok } from '../../../lib/result.ts';
import { type FormField, isForm, parseForm } from '../body/documents.ts';
import type { WebhookRequest } from '../request.ts';
import { hmacSignature } from './hmac-signature.ts';
import { unverified, type Verified, type Verifier } from './verifier.ts';

/** @param algorithm SHA-1 with the auth token, or SHA-256 with a shared key; a secret may be either */
export function twilio(algorithm: 'SHA-1' | 'SHA-256'): Verifier {
  return hmacSignature({
    header: 'X-Twilio-Signature',
    algorithm,
    encoding: 'base64',
    form: 'plain',
    prefix: '',
    signed: signedBytes,
  });
}

function signedBytes({ url, query, headers, body }: WebhookRequest): Verified<Uint8Array> {
  const digest = query.get('bodySHA256');
  if (digest !== null) {
    return digest.toLowerCase() === createHash('sha256').update(body).digest('hex')
      ? ok(Buffer.from(url))
      : unverified('the body is another than the one whose digest is bodySHA256 in the address');
  }
  if (body.length > 0 && !isForm(headers)) {
    return unverified('the body is no form, and the address has no bodySHA256 with its digest');
  }
  const fields = parseForm(new TextDecoder().decode(body));
  return fields.ok
    ? ok(Buffer.from(url + sortedFields(fields.value)))
    : unverified(fields.failure.message);
}

/** Names and values without separators. Equal values of a repeated field are signed once. */
function sortedFields(fields: readonly FormField[]): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, own]) => [...own].sort().map((value) => name + value))
    .join('');
}
