/** Schemes in which the sender sends the secret itself. They sign nothing. */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { ok } from '../../../lib/result.ts';
import { sha256 } from '../../../lib/sha256.ts';
import { headerValue } from '../header-value.ts';
import type { SecretHeader } from '../rule.ts';
import { type Doubt, doubt, type Scheme, type Sent } from '../scheme.ts';

const BASIC = /^Basic +([A-Za-z0-9+/]+=*)$/i;

/** The secret comes in a header of the vendor's. */
export function secretInHeader(header: SecretHeader): Scheme {
  return sentSecret(`the header ${header} with the secret of the source`, ({ headers }) =>
    headerValue(headers, header),
  );
}

/** The secret comes as a token would. */
export const secretAsToken: Scheme = sentSecret(
  'the secret of the source (X-Vault-Token, or Authorization: Bearer)',
  ({ token }) => token,
);

/** The secret comes as the password of Basic authentication, where an address has it: `https://any:secret@host/`. */
export const secretAsPassword: Scheme = sentSecret(
  'the secret of the source as the password of Authorization: Basic',
  ({ headers }) => {
    const [, base64] = BASIC.exec(headerValue(headers, 'Authorization') ?? '') ?? [];
    const credentials = Buffer.from(base64 ?? '', 'base64').toString();
    const colon = credentials.indexOf(':');
    return colon === -1 ? undefined : credentials.slice(colon + 1);
  },
);

function sentSecret(evidence: string, given: (sent: Sent) => string | undefined): Scheme {
  return {
    isSigned: false,
    evidence,
    isUsedBy: (sent) => given(sent) !== undefined,
    claim: () => ({}),
    verify: async (sent, secrets) =>
      (await isSecret(given(sent) ?? '', secrets))
        ? ok({})
        : doubt('the secret of the source is wrong'),
    problemOfSecret: problemOfSentSecret,
  };
}

/** Whether a text is one of the secrets. */
export async function isSecret(text: string, secrets: readonly string[]): Promise<boolean> {
  const digest = Buffer.from(await sha256(text));
  let isKnown = false;
  for (const secret of secrets) {
    // No early end: the time says nothing of which secret it was.
    if (timingSafeEqual(digest, Buffer.from(await sha256(secret)))) isKnown = true;
  }
  return isKnown;
}

function problemOfSentSecret(secret: string): Doubt {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(secret)
    ? undefined
    : 'is sent in a header: it must be printable ASCII without blanks and commas';
}
