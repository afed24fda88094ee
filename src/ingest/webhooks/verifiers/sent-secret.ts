/** Senders that send the secret itself and sign nothing. */

import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../../lib/digest.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { headerValue, type SecretHeader } from '../headers.ts';
import type { WebhookRequest } from '../request.ts';
import { unverified, type Verifier } from './verifier.ts';

const BASIC = /^Basic +([A-Za-z0-9+/]+=*)$/i;

/** The secret is in a header of the vendor. */
export function secretInHeader(header: SecretHeader): Verifier {
  return sentSecret(`the header ${header} with the secret of the source`, ({ headers }) =>
    headerValue(headers, header),
  );
}

/** The secret is in a header for tokens. */
export const SECRET_AS_TOKEN: Verifier = sentSecret(
  'the secret of the source (X-Vault-Token, or Authorization: Bearer)',
  ({ token }) => token,
);

/** The secret is the password of Basic authentication, which a URL can contain: `https://any:secret@host/`. */
export const SECRET_AS_PASSWORD: Verifier = sentSecret(
  'the secret of the source as the password of Authorization: Basic',
  ({ headers }) => {
    const [, base64] = BASIC.exec(headerValue(headers, 'Authorization') ?? '') ?? [];
    const credentials = Buffer.from(base64 ?? '', 'base64').toString();
    const colon = credentials.indexOf(':');
    return colon === -1 ? undefined : credentials.slice(colon + 1);
  },
);

function sentSecret(
  evidence: string,
  secretOf: (request: WebhookRequest) => string | undefined,
): Verifier {
  return {
    isSigned: false,
    evidence,
    isUsedBy: (request) => secretOf(request) !== undefined,
    claim: () => ({}),
    verify: async (request, secrets) =>
      (await isOneOf(secretOf(request) ?? '', secrets))
        ? ok({})
        : unverified('the secret of the source is wrong'),
    checkSecret: checkSentSecret,
  };
}

export async function isOneOf(text: string, secrets: readonly string[]): Promise<boolean> {
  const digest = Buffer.from(await sha256(text));
  let isKnown = false;
  for (const secret of secrets) {
    // All secrets are compared, so the time does not show which one matches.
    if (timingSafeEqual(digest, Buffer.from(await sha256(secret)))) isKnown = true;
  }
  return isKnown;
}

function checkSentSecret(secret: string): Result<string> {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(secret)
    ? ok(secret)
    : invalid('is sent in a header: it must be printable ASCII without blanks and commas');
}
