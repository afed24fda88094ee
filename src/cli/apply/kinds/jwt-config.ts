import { ok } from '../../../lib/result.ts';
import { checkJwtConfig, describeJwtConfig } from '../../../logins/jwt-config.ts';
import { type Kind, pick } from './kind.ts';

const KEYS = Object.keys(
  describeJwtConfig({
    keys: { kind: 'jwks_url', url: '' },
    boundIssuer: '',
    supportedAlgs: [],
    defaultRole: '',
  }),
);

/** A namespace has one. The API replaces it, and cannot delete it. */
export const JWT_CONFIG: Kind = {
  name: 'jwt-config',
  only: 'config',
  keys: KEYS,
  pathOf: () => 'auth/jwt/config',
  checkName: ok,
  async check(_name, spec) {
    const config = await checkJwtConfig(spec);
    return config.ok ? ok(describeJwtConfig(config.value)) : config;
  },
  stateOf: (data) => pick(data, KEYS),
  references: ({ default_role: role }) =>
    role ? [{ kind: 'jwt-role', name: String(role), member: 'default_role' }] : [],
};
