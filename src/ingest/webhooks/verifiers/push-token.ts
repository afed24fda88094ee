/**
 * A push of Google Cloud has a JWT that Google has signed for a service account. It does not sign the body: only TLS
 * protects that.
 */
import { invalid, ok } from '../../../lib/result.ts';
import { unverified, type Verifier } from './verifier.ts';

const GOOGLE = {
  issuer: 'https://accounts.google.com',
  keysUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  algorithms: ['RS256'],
};

export const SERVICE_ACCOUNT = /^[^\s@]+@[^\s@]+\.gserviceaccount\.com$/;

export const GOOGLE_PUSH_TOKEN: Verifier = {
  isSigned: false,
  evidence: 'the header Authorization: Bearer with a token of Google',
  isUsedBy: ({ token }) => token !== undefined,
  claim: () => ({}),
  async verify({ token = '' }, _secrets, { now, options, vendorKeys }) {
    const issuer = { ...GOOGLE, audience: options.audience ?? '' };
    const claims = await vendorKeys.claims(token, issuer, now);
    if (!claims.ok) return unverified(claims.failure.message);
    const { email, email_verified: isVerified } = claims.value;
    return email === options.service_account && isVerified === true
      ? ok({})
      : unverified('the token is of another account than the service_account of the source');
  },
  checkSecret: () => invalid('is of no use: Google signs with keys of its own; leave secrets out'),
};
