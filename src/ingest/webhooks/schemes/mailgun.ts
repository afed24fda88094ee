/** Mailgun signs a time and a token, which stand in the body with their signature. It does not sign the rest of it. */
import { Buffer } from 'node:buffer';
import { ok } from '../../../result.ts';
import { documentOf } from '../documents.ts';
import { textAt } from '../handshake.ts';
import { doubt, doubtOfTime, type Proof, type Scheme, type Sent } from '../scheme.ts';
import { decode, signingSecret } from '../signing-secret.ts';

export const MAILGUN: Scheme = {
  isSigned: true,
  evidence: 'the member "signature" of the body',
  isUsedBy: (sent) => signatureIn(sent) !== undefined,
  claim: (sent) => proofIn(sent),
  async verify(sent, secrets, conditions) {
    const proof = proofIn(sent);
    const late = doubtOfTime(proof.timestamp ?? '', conditions);
    if (late !== undefined) return doubt(late);
    const bytes = decode(signatureIn(sent) ?? '', 'hex');
    const { signed } = proof;
    if (bytes === undefined || signed === undefined) return doubt('the signature is wrong');
    const hmac = { kind: 'hmac', bytes } as const;
    const secret = await signingSecret(signed, [hmac], secrets, { algorithm: 'SHA-256' });
    return secret === undefined ? doubt('the signature is wrong') : ok({ ...proof, secret });
  },
  problemOfSecret: () => undefined,
};

function signatureIn({ headers, body }: Sent): string | undefined {
  return textAt(documentOf(headers, body), '/signature/signature');
}

function proofIn({ headers, body }: Sent): Proof {
  const document = documentOf(headers, body);
  const id = textAt(document, '/signature/token');
  const timestamp = textAt(document, '/signature/timestamp');
  return id === undefined || timestamp === undefined
    ? {}
    : { id, timestamp, signed: Buffer.from(timestamp + id) };
}
