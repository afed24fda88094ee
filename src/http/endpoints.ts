/** The endpoints that take JSON, by path and method. `:name` stands for one segment, `:names` for any number. */
import type { Methods } from './endpoint.ts';
import { eventTypes } from './events/event-types.ts';
import { explain } from './events/explain/explain.ts';
import * as hubs from './events/hubs-api.ts';
import * as sources from './events/sources/sources-api.ts';
import { createTicket } from './events/ticket.ts';
import { PARAMETERS } from './parameters.ts';
import * as approle from './vault/approle/role-api.ts';
import * as secretIds from './vault/approle/secret-id-api.ts';
import { disableAuthMethod, enableAuthMethod, listAuthMethods } from './vault/auth-methods.ts';
import * as capabilities from './vault/capabilities-api.ts';
import * as jwt from './vault/jwt-api.ts';
import type { LoginEndpoint } from './vault/login.ts';
import * as namespaces from './vault/namespace-api.ts';
import * as policies from './vault/policy-api.ts';
import { createByRole, createOrphan, createToken } from './vault/token/create-token.ts';
import * as tokens from './vault/token/token-api.ts';

export const ENDPOINTS: Readonly<Record<string, Methods>> = {
  'auth/token/create': { write: createToken, parameters: PARAMETERS.tokenCreate },
  'auth/token/create-orphan': { write: createOrphan, parameters: PARAMETERS.tokenCreate },
  'auth/token/create/:name': { write: createByRole },
  'auth/token/lookup': {
    read: tokens.lookup('read'),
    write: tokens.lookup('update'),
    parameters: PARAMETERS.token,
  },
  'auth/token/lookup-self': {
    read: tokens.lookupSelf('read'),
    write: tokens.lookupSelf('update'),
    parameters: PARAMETERS.none,
  },
  'auth/token/lookup-accessor': { write: tokens.lookupAccessor, parameters: PARAMETERS.accessor },
  'auth/token/renew': { write: tokens.renewToken, parameters: PARAMETERS.tokenRenew },
  'auth/token/renew-self': { write: tokens.renewSelf, parameters: PARAMETERS.tokenRenew },
  'auth/token/renew-accessor': {
    write: tokens.renewAccessor,
    parameters: PARAMETERS.accessorRenew,
  },
  'auth/token/revoke': { write: tokens.revokeToken, parameters: PARAMETERS.token },
  'auth/token/revoke-self': { write: tokens.revokeSelf, parameters: PARAMETERS.none },
  'auth/token/revoke-orphan': { write: tokens.revokeOrphan, parameters: PARAMETERS.token },
  'auth/token/revoke-accessor': { write: tokens.revokeAccessor, parameters: PARAMETERS.accessor },
  'auth/token/accessors': { list: tokens.listAccessors },

  'sys/policies/acl': { list: policies.listPolicies },
  'sys/policies/acl/:names': {
    read: policies.readPolicy('policy'),
    write: policies.writePolicy('policy'),
    parameters: PARAMETERS.policy,
    remove: policies.deletePolicy,
  },
  'sys/policy': { read: policies.listLegacyPolicies, list: policies.listPolicies },
  'sys/policy/:names': {
    read: policies.readPolicy('rules'),
    write: policies.writePolicy('rules'),
    parameters: PARAMETERS.policy,
    remove: policies.deletePolicy,
  },
  'sys/capabilities': {
    write: capabilities.capabilitiesOfToken,
    parameters: PARAMETERS.capabilities,
  },
  'sys/capabilities-self': {
    write: capabilities.capabilitiesSelf,
    parameters: PARAMETERS.capabilities,
  },
  'sys/capabilities-accessor': {
    write: capabilities.capabilitiesOfAccessor,
    parameters: PARAMETERS.capabilitiesAccessor,
  },

  'sys/namespaces': { list: namespaces.listNamespaces },
  'sys/namespaces/:names': {
    read: namespaces.readNamespace,
    write: namespaces.createNamespace,
    parameters: PARAMETERS.namespace,
    remove: namespaces.deleteNamespace,
  },

  'sys/auth': { read: listAuthMethods },
  'sys/auth/:names': { write: enableAuthMethod, remove: disableAuthMethod },
  'auth/jwt/config': {
    read: jwt.readJwtConfig,
    write: jwt.writeJwtConfig,
    parameters: PARAMETERS.jwtConfig,
  },
  'auth/jwt/role': { list: jwt.listJwtRoles },
  'auth/jwt/role/:name': {
    read: jwt.readJwtRole,
    write: jwt.writeJwtRole,
    parameters: PARAMETERS.jwtRole,
    remove: jwt.deleteJwtRole,
  },
  'auth/approle/role': { list: approle.listAppRoles },
  'auth/approle/role/:name': {
    read: approle.readAppRole,
    write: approle.writeAppRole,
    parameters: PARAMETERS.appRole,
    remove: approle.deleteAppRole,
  },
  'auth/approle/role/:name/role-id': {
    read: approle.readRoleId,
    write: approle.writeRoleId,
    parameters: PARAMETERS.roleId,
  },
  'auth/approle/role/:name/secret-id': {
    list: secretIds.listSecretIds,
    write: secretIds.createSecretId,
    parameters: PARAMETERS.secretId,
  },
  'auth/approle/role/:name/custom-secret-id': {
    write: secretIds.createCustomSecretId,
    parameters: PARAMETERS.customSecretId,
  },
  'auth/approle/role/:name/secret-id/lookup': {
    write: secretIds.lookupSecretId('secret_id'),
    parameters: PARAMETERS.oneSecretId,
  },
  'auth/approle/role/:name/secret-id/destroy': {
    write: secretIds.destroySecretId('secret_id'),
    parameters: PARAMETERS.oneSecretId,
  },
  'auth/approle/role/:name/secret-id-accessor/lookup': {
    write: secretIds.lookupSecretId('secret_id_accessor'),
    parameters: PARAMETERS.oneSecretIdAccessor,
  },
  'auth/approle/role/:name/secret-id-accessor/destroy': {
    write: secretIds.destroySecretId('secret_id_accessor'),
    parameters: PARAMETERS.oneSecretIdAccessor,
  },

  'sys/events/hubs': { read: hubs.listHubs, list: hubs.listHubs },
  'sys/events/hubs/:name': { read: hubs.readHub, remove: hubs.resetHub },
  'sys/events/sources': { list: sources.listSources },
  'sys/events/sources/:name': {
    read: sources.readSource,
    write: sources.writeSource,
    remove: sources.deleteSource,
  },
  'sys/events/sources/:name/test': { write: sources.testSource },
  'sys/events/types': { read: eventTypes('read'), list: eventTypes('list') },
  'sys/events/explain': { write: explain },
  'sys/events/ticket': { write: createTicket, parameters: PARAMETERS.none },
};

/** The endpoints that take no token and return one. */
export const LOGINS: Readonly<Record<string, LoginEndpoint>> = {
  'auth/jwt/login': jwt.jwtLogin,
  'auth/approle/login': approle.appRoleLogin,
};
