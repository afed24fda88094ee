/** Twilio signs its address and, of a form, the fields; of any other body its digest in the address. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ok, type Result } from '../../../lib/result.ts';
import { isForm } from '../documents.ts';
import { type Fields, formFields } from '../form.ts';
import { doubt, type Scheme, type Sent } from '../scheme.ts';
import { signature } from '../signature.ts';

/** @param algorithm SHA-1 by the auth token, SHA-256 by a shared key: a secret is tried as either */
export function twilio(algorithm: 'SHA-1' | 'SHA-256'): Scheme {
  return signature({
    header: 'X-Twilio-Signature',
    algorithm,
    encoding: 'base64',
    form: 'plain',
    prefix: '',
    signed: signedBytes,
  });
}

function signedBytes({ url, query, headers, body }: Sent): Result<Uint8Array, string> {
  const digest = query.get('bodySHA256');
  if (digest !== null) {
    return digest.toLowerCase() === createHash('sha256').update(body).digest('hex')
      ? ok(Buffer.from(url))
      : doubt('the body is another than the one whose digest is bodySHA256 in the address');
  }
  if (body.length > 0 && !isForm(headers)) {
    return doubt('the body is no form, and the address has no bodySHA256 with its digest');
  }
  const fields = formFields(new TextDecoder().decode(body));
  return fields.ok
    ? ok(Buffer.from(url + sortedFields(fields.value)))
    : doubt(fields.failure.message);
}

/** Names and values without anything between them; of a repeated field each value once. */
function sortedFields(fields: Fields): string {
  const values = Map.groupBy(fields, ([name]) => name);
  return [...values.keys()]
    .sort()
    .flatMap((name) => {
      const own = values.get(name)?.map(([, value]) => value);
      return [...new Set(own)].sort().map((value) => name + value);
    })
    .join('');
}
