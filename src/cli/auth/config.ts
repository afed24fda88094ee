/** `carillon auth config` */
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import type { Options } from '../command/options.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand } from '../server/api-command.ts';
import { readPublicKeys } from './public-keys.ts';

const PATH = 'auth/jwt/config';

const OPTIONS = {
  'jwks-url': {
    type: 'string',
    value: 'url',
    help: 'address of the key set of the issuer (JWKS)',
  },
  'discovery-url': {
    type: 'string',
    value: 'url',
    help: 'address of the issuer, below which it has /.well-known/openid-configuration',
  },
  'public-key-file': {
    type: 'string',
    value: 'file',
    help: 'public key or certificate of the issuer in PEM form, or its key set (JWKS)',
    multiple: true,
    completes: 'file',
  },
  'bound-issuer': {
    type: 'string',
    value: 'issuer',
    help: 'the "iss" that a JWT must have',
    defaultHelp: 'any',
  },
  'supported-alg': {
    type: 'string',
    value: 'name',
    help: 'accepted algorithm, such as RS256',
    multiple: true,
    defaultHelp: 'all that the server has',
  },
  'default-role': {
    type: 'string',
    value: 'role',
    help: 'role of a login that names none',
  },
} as const satisfies Options;

export const authConfig = apiCommand({
  name: 'auth config',
  summary: 'Say whose JWTs the server accepts, or show it',
  description:
    'Configure the auth method jwt: where the public keys of the issuer are, which sign its JWTs. Without an option, show the configuration. The method approle has nothing to configure.',
  arguments: [{ name: 'method', help: 'jwt', completes: ['jwt'] }],
  options: OPTIONS,
  notes: 'The configuration is replaced as a whole: an option that is not given has its default.',
  examples: [
    'carillon auth config jwt --discovery-url https://token.actions.githubusercontent.com',
    'carillon auth config jwt --public-key-file issuer.pem --bound-issuer https://ci.example.com',
    'carillon auth config jwt',
  ],
  async callOf(values, [method]) {
    if (method === 'approle') {
      return wrongUse(
        'approle has nothing to configure; write a role: carillon auth role write approle <name> --policy <policy>',
      );
    }
    if (method !== 'jwt') return wrongUse(`${quote(method)} is not "jwt"`);
    if (!Object.keys(OPTIONS).some((name) => Object.hasOwn(values, name))) {
      return ok({
        method: 'GET',
        path: PATH,
        text: ({ data }) => tableOf(data),
        missing: 'jwt is not configured yet; give --jwks-url, --discovery-url or --public-key-file',
      });
    }
    const files = values['public-key-file'] ?? [];
    const sources = [values['jwks-url'], values['discovery-url'], files[0]];
    if (sources.filter((source) => source !== undefined).length !== 1) {
      return wrongUse(
        'give exactly one of --jwks-url, --discovery-url and --public-key-file: where the keys of the issuer are',
      );
    }
    const keys = await readPublicKeys(files);
    if (!keys.ok) return keys;
    return ok({
      method: 'POST',
      path: PATH,
      body: {
        jwks_url: values['jwks-url'],
        oidc_discovery_url: values['discovery-url'],
        jwt_validation_pubkeys: files.length === 0 ? undefined : keys.value,
        bound_issuer: values['bound-issuer'],
        jwt_supported_algs: values['supported-alg'],
        default_role: values['default-role'],
      },
      done: () => 'jwt is configured',
    });
  },
});
