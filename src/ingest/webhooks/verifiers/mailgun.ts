/** Mailgun's body contains a time, a token and the signature of these two. The rest of the body is not signed. */

import { Buffer } from 'node:buffer';
import { ok } from '../../../lib/result.ts';
import { documentOf } from '../body/documents.ts';
import { stringAt } from '../pointer.ts';
import type { WebhookRequest } from '../request.ts';
import { decodeSignature, findSigningSecret } from './signing-secret.ts';
import { checkTime, type Proof, unverified, type Verifier } from './verifier.ts';

export const MAILGUN: Verifier = {
  isSigned: true,
  evidence: 'the member "signature" of the body',
  isUsedBy: (request) => readSignedParts(request).signature !== undefined,
  claim: (request) => readSignedParts(request).proof,
  async verify(request, secrets, context) {
    const { signature = '', proof } = readSignedParts(request);
    const time = checkTime(proof.timestamp ?? '', context);
    if (!time.ok) return time;
    const bytes = decodeSignature(signature, 'hex');
    const { signed } = proof;
    if (bytes === undefined || signed === undefined) return unverified('the signature is wrong');
    const hmac = { kind: 'hmac', bytes } as const;
    const secret = await findSigningSecret(signed, [hmac], secrets, { algorithm: 'SHA-256' });
    return secret === undefined ? unverified('the signature is wrong') : ok({ ...proof, secret });
  },
  checkSecret: ok,
};

function readSignedParts({ headers, body }: WebhookRequest): {
  signature: string | undefined;
  proof: Proof;
} {
  const document = documentOf(headers, body);
  const signature = stringAt('/signature/signature', document);
  const id = stringAt('/signature/token', document);
  const timestamp = stringAt('/signature/timestamp', document);
  return id === undefined || timestamp === undefined
    ? { signature, proof: {} }
    : { signature, proof: { id, timestamp, signed: Buffer.from(timestamp + id) } };
}
