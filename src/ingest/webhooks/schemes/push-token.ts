/**
 * A push of Google Cloud proves itself by a JWT that Google has signed for a service account. It signs nothing of
 * the body: TLS keeps that.
 */
import { ok } from '../../../lib/result.ts';
import { doubt, type Scheme } from '../scheme.ts';

const GOOGLE = {
  issuer: 'https://accounts.google.com',
  keysUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  algorithms: ['RS256'],
};

export function problemOfServiceAccount(text: string): string | undefined {
  return /^[^\s@]+@[^\s@]+\.gserviceaccount\.com$/.test(text)
    ? undefined
    : 'must be the address of a service account, such as "push@project.iam.gserviceaccount.com"';
}

export const googlePushToken: Scheme = {
  isSigned: false,
  evidence: 'the header Authorization: Bearer with a token of Google',
  isUsedBy: ({ token }) => token !== undefined,
  claim: () => ({}),
  async verify({ token = '' }, _secrets, { now, options, vendorKeys }) {
    const issuer = { ...GOOGLE, audience: options.audience ?? '' };
    const claims = await vendorKeys.claims(token, issuer, now);
    if (!claims.ok) return claims;
    const { email, email_verified: isVerified } = claims.value;
    return email === options.service_account && isVerified === true
      ? ok({})
      : doubt('the token is of another account than the service_account of the source');
  },
  problemOfSecret: () => 'is of no use: Google signs with keys of its own; leave secrets out',
};
