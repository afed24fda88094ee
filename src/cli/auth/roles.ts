/** `carillon auth role write`, `read`, `list` and `delete` */
import { ok } from '../../lib/result.ts';
import { alternatives } from '../command/arguments.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Argument } from '../command/options.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand, listCall } from '../server/api-command.ts';
import { METHODS, type Method } from './auth-methods.ts';
import { ROLE_OPTIONS, roleBody } from './role-options.ts';
import { rolePath } from './role-path.ts';

const METHOD: Argument = { name: 'method', help: alternatives(METHODS), completes: METHODS };
const NAME: Argument = { name: 'name', help: 'name of the role' };

export const authRoleWrite = apiCommand({
  name: 'auth role write',
  summary: 'Create a role of an auth method, or change one',
  description:
    'Create a role, or change one: what its logins must prove, and what tokens they get. An option that is not given keeps the value that the role has.',
  arguments: [METHOD, NAME],
  options: ROLE_OPTIONS,
  examples: [
    'carillon auth role write approle web --policy team-a --token-ttl 1h',
    'carillon auth role write jwt ci --user-claim sub --bound-audience carillon --policy team-a',
    `carillon auth role write jwt ci --bound-claim repository=acme/web --bound-claim repository=acme/api`,
  ],
  callOf(values, [given = '', name = '']) {
    const role = roleOf(given, name);
    if (!role.ok) return role;
    const { method, path } = role.value;
    const body = roleBody(method, values);
    if (!body.ok) return body;
    return ok({
      method: 'POST',
      path,
      body: body.value,
      done: () => `the role ${JSON.stringify(name)} of ${method} is written`,
    });
  },
});

export const authRoleRead = apiCommand({
  name: 'auth role read',
  summary: 'Show a role of an auth method',
  arguments: [METHOD, NAME],
  examples: ['carillon auth role read approle web'],
  callOf(_values, [given = '', name = '']) {
    const role = roleOf(given, name);
    if (!role.ok) return role;
    const { method, path } = role.value;
    return ok({
      method: 'GET',
      path,
      text: ({ data }) => tableOf(data),
      missing: missing(method, name),
    });
  },
});

export const authRoleList = apiCommand({
  name: 'auth role list',
  summary: 'List the roles of an auth method',
  arguments: [METHOD],
  examples: ['carillon auth role list jwt'],
  callOf(_values, [given = '']) {
    const method = methodOf(given);
    if (!method.ok) return method;
    return ok(listCall(`auth/${method.value}/role`, `${method.value} has no roles`));
  },
});

export const authRoleDelete = apiCommand({
  name: 'auth role delete',
  summary: 'Delete a role: nobody can log in with it any more',
  arguments: [METHOD, NAME],
  notes: 'Tokens of earlier logins are not revoked.',
  examples: ['carillon auth role delete approle web'],
  callOf(_values, [given = '', name = '']) {
    const role = roleOf(given, name);
    if (!role.ok) return role;
    const { method, path } = role.value;
    return ok({
      method: 'DELETE',
      path,
      done: () => `deleted the role ${JSON.stringify(name)} of ${method}, if there was one`,
    });
  },
});

function roleOf(
  given: string,
  name: string,
): CommandResult<{ readonly method: Method; readonly path: string }> {
  const method = methodOf(given);
  if (!method.ok) return method;
  const path = rolePath(method.value, name);
  return path.ok ? ok({ method: method.value, path: path.value }) : path;
}

function methodOf(given: string): CommandResult<Method> {
  const method = METHODS.find((each) => each === given.replace(/\/$/, ''));
  return method === undefined
    ? wrongUse(
        `${JSON.stringify(given)} has no roles; the auth methods with roles are ${METHODS.join(' and ')}`,
      )
    : ok(method);
}

function missing(method: Method, name: string): string {
  return `${method} has no role ${JSON.stringify(name)}; "carillon auth role list ${method}" shows which there are`;
}
