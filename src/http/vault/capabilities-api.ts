/** `/v1/sys/capabilities`, `-self`, `-accessor`: what a token may do with a path. */

import { kindOf } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { isWithin, pathOfKey, ROOT } from '../../namespace/namespace.ts';
import type { TokenState } from '../../objects/authority-contract.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { Access } from '../../policy/access.ts';
import { isRootToken } from '../authentication/root-token.ts';
import { accessOfToken } from '../authentication/token-caller.ts';
import {
  locateToken,
  type TokenTarget,
  targetOfAccessor,
} from '../authentication/token-location.ts';
import { type Call, type Endpoints, textOf } from '../endpoint-types.ts';
import { MAX_CAPABILITY_PATHS } from '../limits.ts';
import { refuse, succeed } from '../respond.ts';

export const CAPABILITIES_ENDPOINTS: Endpoints = {
  'sys/capabilities': { update: ofToken, parameters: ['token', 'path', 'paths'] },
  'sys/capabilities-self': {
    update: (call) => capabilities(call, call.var.caller.access),
    parameters: ['token', 'path', 'paths'],
  },
  'sys/capabilities-accessor': { update: ofAccessor, parameters: ['accessor', 'path', 'paths'] },
};

async function ofToken(call: Call): Promise<Response> {
  const secret = textOf(call.var.body, 'token');
  if (!secret.ok) return refuse(secret.failure);
  if (call.var.namespace === ROOT && (await isRootToken(secret.value, call.var.config))) {
    return capabilities(call, Access.root);
  }
  const token = await locateToken(secret.value, call.env);
  const target =
    token !== undefined && concerns(token.authority, call.var.namespace)
      ? { authority: token.authority, reference: { digest: token.digest } }
      : undefined;
  return capabilitiesOf(target, call, 'invalid token');
}

async function ofAccessor(call: Call): Promise<Response> {
  const accessor = textOf(call.var.body, 'accessor');
  if (!accessor.ok) return refuse(accessor.failure);
  const target = await targetOfAccessor(accessor.value, call.var.namespace, call.env);
  return capabilitiesOf(target, call, 'invalid accessor');
}

/** A namespace may ask about its own tokens, those of namespaces below, and those from above, which also work in it. */
function concerns(token: string, namespace: string): boolean {
  return isWithin(token, namespace) || isWithin(namespace, token);
}

async function capabilitiesOf(
  target: TokenTarget | undefined,
  call: Call,
  unknown: string,
): Promise<Response> {
  const state: TokenState | undefined =
    target &&
    (await callAuthority(call.env, target.authority, (authority) =>
      authority.tokenState(target.reference),
    ));
  return target === undefined || state === undefined
    ? refuse({ reason: 'invalid', message: unknown })
    : capabilities(call, accessOfToken(target.authority, state));
}

function capabilities({ var: { body, namespace } }: Call, access: Access): Response {
  const paths = pathsOf(body);
  if (!paths.ok) return refuse(paths.failure);
  const entries = paths.value.map(
    (path) => [path, access.capabilities(pathOfKey(namespace), path)] as const,
  );
  const [[, only] = []] = entries;
  return succeed({
    ...Object.fromEntries(entries),
    ...(entries.length === 1 && { capabilities: only }),
  });
}

function pathsOf(body: Readonly<Record<string, unknown>>): Result<string[]> {
  const given = body.paths ?? body.path;
  const paths = typeof given === 'string' ? given.split(',') : given;
  if (paths === undefined || (Array.isArray(paths) && paths.length === 0)) {
    return invalid('paths must be supplied');
  }
  if (!Array.isArray(paths)) {
    return invalid(`paths must be a list of strings, not ${kindOf(paths)}`);
  }
  if (paths.length > MAX_CAPABILITY_PATHS) {
    return invalid(`paths has ${paths.length} paths, at most ${MAX_CAPABILITY_PATHS} are allowed`);
  }
  const wrong = paths.findIndex((path) => typeof path !== 'string' || path === '');
  if (wrong !== -1) return invalid(`paths[${wrong}] must be a text that is not empty`);
  return ok(paths as string[]);
}
