/** The endpoints that take a token and JSON, by path and method. `:name` stands for one segment. */
import type { Endpoint } from './api.ts';
import * as approle from './approle-api.ts';
import { disableAuthMethod, enableAuthMethod, listAuthMethods } from './auth-methods.ts';
import * as capabilities from './capabilities-api.ts';
import { eventTypes } from './event-types.ts';
import { explain } from './explain.ts';
import * as hubs from './hubs-api.ts';
import * as jwt from './jwt-api.ts';
import type { LoginEndpoint } from './login.ts';
import * as namespaces from './namespace-api.ts';
import * as policies from './policy-api.ts';
import * as sources from './sources-api.ts';
import { createTicket } from './ticket.ts';
import * as tokens from './token-api.ts';

/** By what is done: GET, GET with `list=true`, POST or PUT, DELETE. */
export interface Methods {
  readonly read?: Endpoint;
  readonly list?: Endpoint;
  readonly write?: Endpoint;
  readonly remove?: Endpoint;
}

export const ENDPOINTS: Readonly<Record<string, Methods>> = {
  'auth/token/create': { write: tokens.createToken },
  'auth/token/create-orphan': { write: tokens.createOrphan },
  'auth/token/create/:name': { write: tokens.createByRole },
  'auth/token/lookup': { read: tokens.lookup('read'), write: tokens.lookup('update') },
  'auth/token/lookup-self': {
    read: tokens.lookupSelf('read'),
    write: tokens.lookupSelf('update'),
  },
  'auth/token/lookup-accessor': { write: tokens.lookupAccessor },
  'auth/token/renew': { write: tokens.renewToken },
  'auth/token/renew-self': { write: tokens.renewSelf },
  'auth/token/renew-accessor': { write: tokens.renewAccessor },
  'auth/token/revoke': { write: tokens.revokeToken },
  'auth/token/revoke-self': { write: tokens.revokeSelf },
  'auth/token/revoke-orphan': { write: tokens.revokeOrphan },
  'auth/token/revoke-accessor': { write: tokens.revokeAccessor },
  'auth/token/accessors': { list: tokens.listAccessors },

  'sys/policies/acl': { list: policies.listPolicies },
  'sys/policies/acl/:names': {
    read: policies.readPolicy('policy'),
    write: policies.writePolicy('policy'),
    remove: policies.deletePolicy,
  },
  'sys/policy': { read: policies.listLegacyPolicies, list: policies.listPolicies },
  'sys/policy/:names': {
    read: policies.readPolicy('rules'),
    write: policies.writePolicy('rules'),
    remove: policies.deletePolicy,
  },
  'sys/capabilities': { write: capabilities.capabilitiesOfToken },
  'sys/capabilities-self': { write: capabilities.capabilitiesSelf },
  'sys/capabilities-accessor': { write: capabilities.capabilitiesOfAccessor },

  'sys/namespaces': { list: namespaces.listNamespaces },
  'sys/namespaces/:names': {
    read: namespaces.readNamespace,
    write: namespaces.createNamespace,
    remove: namespaces.deleteNamespace,
  },

  'sys/auth': { read: listAuthMethods },
  'sys/auth/:names': { write: enableAuthMethod, remove: disableAuthMethod },
  'auth/jwt/config': { read: jwt.readJwtConfig, write: jwt.writeJwtConfig },
  'auth/jwt/role': { list: jwt.listJwtRoles },
  'auth/jwt/role/:name': {
    read: jwt.readJwtRole,
    write: jwt.writeJwtRole,
    remove: jwt.deleteJwtRole,
  },
  'auth/approle/role': { list: approle.listAppRoles },
  'auth/approle/role/:name': {
    read: approle.readAppRole,
    write: approle.writeAppRole,
    remove: approle.deleteAppRole,
  },
  'auth/approle/role/:name/role-id': { read: approle.readRoleId, write: approle.writeRoleId },
  'auth/approle/role/:name/secret-id': {
    list: approle.listSecretIds,
    write: approle.createSecretId,
  },
  'auth/approle/role/:name/custom-secret-id': { write: approle.createCustomSecretId },
  'auth/approle/role/:name/secret-id/lookup': { write: approle.lookupSecretId('secret_id') },
  'auth/approle/role/:name/secret-id/destroy': { write: approle.destroySecretId('secret_id') },
  'auth/approle/role/:name/secret-id-accessor/lookup': {
    write: approle.lookupSecretId('secret_id_accessor'),
  },
  'auth/approle/role/:name/secret-id-accessor/destroy': {
    write: approle.destroySecretId('secret_id_accessor'),
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
  'sys/events/ticket': { write: createTicket },
};

/** The endpoints that take no token and answer with one. */
export const LOGINS: Readonly<Record<string, LoginEndpoint>> = {
  'auth/jwt/login': jwt.jwtLogin,
  'auth/approle/login': approle.appRoleLogin,
};

/** What stands in a route for the name in an endpoint's path. */
export function nameIn(endpointPath: string, route: string): string {
  const segments = route.split('/');
  const place = endpointPath.split('/').findIndex((segment) => segment.startsWith(':'));
  if (place === -1) return '';
  // Names with slashes in them are the rest of the path.
  return endpointPath.endsWith(':names')
    ? segments.slice(place).join('/')
    : (segments[place] ?? '');
}

/** The endpoint for a request; or the methods that there are, where it has another. */
export function choose(
  methods: Methods,
  method: string,
  isList: boolean,
): Endpoint | { readonly allow: string } {
  const byMethod: Readonly<Record<string, Endpoint | undefined>> = {
    GET: isList ? methods.list : methods.read,
    POST: methods.write,
    PUT: methods.write,
    DELETE: methods.remove,
  };
  return byMethod[method] ?? { allow: allowed(methods) };
}

function allowed({ read, list, write, remove }: Methods): string {
  const names = [
    ...(read || list ? ['GET'] : []),
    ...(write ? ['POST', 'PUT'] : []),
    ...(remove ? ['DELETE'] : []),
  ];
  return names.join(', ');
}
