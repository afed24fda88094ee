/** Mailgun signs a time and a token, which stand in the body with their signature. It does not sign the rest of it. */
import { Buffer } from 'node:buffer';
import { ok } from '../../../lib/result.ts';
import { documentOf } from '../documents.ts';
import { textAt } from '../handshake.ts';
import { doubt, doubtOfTime, type Proof, type Scheme, type Sent } from '../scheme.ts';
import { decode, signingSecret } from '../signing-secret.ts';

export const MAILGUN: Scheme = {
  isSigned: true,
  evidence: 'the member "signature" of the body',
  isUsedBy: (sent) => read(sent).signature !== undefined,
  claim: (sent) => read(sent).proof,
  async verify(sent, secrets, conditions) {
    const { signature = '', proof } = read(sent);
    const late = doubtOfTime(proof.timestamp ?? '', conditions);
    if (late !== undefined) return doubt(late);
    const bytes = decode(signature, 'hex');
    const { signed } = proof;
    if (bytes === undefined || signed === undefined) return doubt('the signature is wrong');
    const hmac = { kind: 'hmac', bytes } as const;
    const secret = await signingSecret(signed, [hmac], secrets, { algorithm: 'SHA-256' });
    return secret === undefined ? doubt('the signature is wrong') : ok({ ...proof, secret });
  },
  problemOfSecret: () => undefined,
};

function read({ headers, body }: Sent): { signature: string | undefined; proof: Proof } {
  const document = documentOf(headers, body);
  const signature = textAt(document, '/signature/signature');
  const id = textAt(document, '/signature/token');
  const timestamp = textAt(document, '/signature/timestamp');
  return id === undefined || timestamp === undefined
    ? { signature, proof: {} }
    : { signature, proof: { id, timestamp, signed: Buffer.from(timestamp + id) } };
}
