/** What the endpoints of the token, policy, namespace and auth APIs have in common. */
import type { Bindings, Config } from '../config/config.ts';
import { isJsonObject } from '../lib/json.ts';
import { kindOf } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { decodeUtf8, parseJson } from '../lib/text.ts';
import { pathOfKey } from '../namespace/namespace.ts';
import type { AuthorityStub } from '../objects/authority-contract.ts';
import { authorityName } from '../objects/authority-name.ts';
import type { Operation } from '../policy/acl.ts';
import { audit } from './audit-log.ts';
import { actorOf, type Caller } from './authentication/caller.ts';
import { MAX_API_BODY_BYTES, MAX_API_BODY_DEPTH } from './limits.ts';
import { warnOfUnread } from './parameters.ts';
import { readBody } from './request/body.ts';
import { firstValue } from './request/header.ts';
import { refuse } from './respond.ts';

/** A request to one of these endpoints, its caller known and its body read. */
export interface Call {
  /** The key of the namespace that the request is sent to. */
  readonly namespace: string;
  /** The path in the namespace: `auth/token/create`. */
  readonly path: string;
  /** What stands for `:name` in the endpoint's path. */
  readonly name: string;
  readonly caller: Caller;
  readonly body: Readonly<Record<string, unknown>>;
  readonly env: Bindings;
  readonly config: Config;
  readonly now: number;
}

/** The same before its caller is known. */
export type AnonymousCall = Omit<Call, 'caller'>;

export interface Endpoint {
  readonly operation: Operation;
  /** Where writing what does not exist yet is `create` and no `update`: whether it exists. */
  exists?(call: Call): Promise<boolean>;
  /** Whether names that differ in case alone are one: then the lower-case path must be allowed as well. */
  readonly ignoresCase?: boolean;
  /** Whether `sudo` on the path is needed as well. */
  readonly sudo?: boolean;
  run(call: Call): Promise<Response> | Response;
}

/**
 * Runs an endpoint for a caller who may call it.
 *
 * @param parameters the members of the body; a warning names others
 */
export async function runEndpoint(
  endpoint: Endpoint,
  request: Request,
  call: Omit<Call, 'body'>,
  parameters: readonly string[] | undefined,
): Promise<Response> {
  const body = await readApiBody(request);
  if (!body.ok) return refuse(body.failure);
  const whole = { ...call, body: body.value };
  const { path } = call;
  const { sudo = false, ignoresCase = false } = endpoint;
  const isNew = endpoint.exists !== undefined && !(await endpoint.exists(whole));
  const operation = isNew ? 'create' : endpoint.operation;
  const paths = ignoresCase && path !== path.toLowerCase() ? [path, path.toLowerCase()] : [path];
  const namespace = pathOfKey(call.namespace);
  if (!paths.every((each) => isAllowed(whole, namespace, { operation, path: each, sudo }))) {
    return deny(whole, namespace, operation, path);
  }
  return warnOfUnread(await endpoint.run(whole), whole.body, parameters);
}

/** What an endpoint does, as policies are asked about it. */
interface Asked {
  readonly operation: Operation;
  readonly path: string;
  readonly sudo: boolean;
}

/** @param namespace the path of the namespace in which it is done */
export function isAllowed(
  { caller, body }: Call,
  namespace: string,
  { operation, path, sudo }: Asked,
): boolean {
  // Vault lists folders: the path of a list ends in a slash.
  const asked = operation === 'list' ? `${path.replace(/\/$/, '')}/` : path;
  return (
    caller.access.allows(namespace, { operation, path: asked, data: body }) &&
    (!sudo || caller.access.hasSudo(namespace, asked, operation))
  );
}

export function deny(call: Call, namespace: string, operation: Operation, path: string): Response {
  auditDenial(call, namespace, operation, path);
  return refuse({ reason: 'denied' });
}

export function auditDenial(
  { caller }: Call,
  namespace: string,
  operation: Operation,
  path: string,
): void {
  audit('denied', { namespace, operation, path, accessor: actorOf(caller) });
}

/** The body of such a request: a JSON object; none is an empty one. */
export async function readApiBody(request: Request): Promise<Result<Record<string, unknown>>> {
  const wrapTtl = firstValue(request.headers.get('x-vault-wrap-ttl'));
  if (wrapTtl !== '' && wrapTtl !== '0') {
    return invalid('response wrapping is not supported; send the request without X-Vault-Wrap-TTL');
  }
  const bytes = await readBody(request, MAX_API_BODY_BYTES);
  if (!bytes.ok) return bytes;
  const text = decodeUtf8(bytes.value);
  if (!text.ok) return text;
  if (text.value.trim() === '') return ok({});
  const json = parseJson(text.value);
  if (!json.ok) return json;
  const body = json.value ?? {};
  if (!isJsonObject(body)) return invalid(`the body must be a JSON object, not ${kindOf(body)}`);
  return depthOf(body) > MAX_API_BODY_DEPTH
    ? invalid(`the body is nested deeper than ${MAX_API_BODY_DEPTH} levels`)
    : ok(body);
}

/** Levels of nesting, counted no further than what is refused anyway. */
function depthOf(value: unknown, above = 0): number {
  if (typeof value !== 'object' || value === null || above > MAX_API_BODY_DEPTH) return above;
  let deepest = above + 1;
  // One by one: as arguments of a function, as many as a body has room for are too many.
  for (const member of Object.values(value)) {
    deepest = Math.max(deepest, depthOf(member, above + 1));
  }
  return deepest;
}

export function authorityOf(env: Env, namespaceKey: string): AuthorityStub {
  return env.AUTHORITY.getByName(authorityName(namespaceKey));
}

/** A text parameter that must be there. */
export function textOf(body: Readonly<Record<string, unknown>>, key: string): Result<string> {
  const value = body[key];
  if (value === undefined || value === null || value === '') return invalid(`missing ${key}`);
  return typeof value === 'string'
    ? ok(value)
    : invalid(`${key} must be a string, not ${kindOf(value)}`);
}
