/** An endpoint that takes a token and JSON, and what its handler is called with. */
import { kindOf } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Operation } from '../policy/acl.ts';
import type { BodyEnv, CallerEnv, EnvWith, NamespaceEnv, Resolved } from './context.ts';

export interface Endpoint {
  readonly operation: Operation;
  /** Set if the operation is `create` instead of `update` for what does not exist yet. */
  exists?(call: Call): Promise<boolean>;
  /** Whether names that only differ in case are the same. Then policies must also allow the lower-case path. */
  readonly ignoresCase?: boolean;
  /** Whether `sudo` on the path is needed in addition. */
  readonly sudo?: boolean;
  run(call: Call): Promise<Response> | Response;
}

/** The endpoints of a path by method: GET, GET with `list=true`, POST or PUT, DELETE. */
export interface Methods {
  readonly read?: Endpoint;
  readonly list?: Endpoint;
  readonly write?: Endpoint;
  readonly remove?: Endpoint;
  /** The members that a body has: others cause a warning. Undefined if the endpoint checks them itself. */
  readonly parameters?: readonly string[];
}

/** After `selectEndpoint`. */
export type EndpointEnv = EnvWith<{
  readonly endpoint: Endpoint;
  /** The value of `:name` or `:names` in the path of the endpoint; empty if it has none. */
  readonly name: string;
  readonly parameters: Methods['parameters'];
}>;

/** A request to an endpoint: its caller is known, and its body is read. */
export type Call = Resolved<NamespaceEnv & CallerEnv & EndpointEnv & BodyEnv>;

/** A text parameter that is required. */
export function textOf(body: Readonly<Record<string, unknown>>, key: string): Result<string> {
  const value = body[key];
  if (value === undefined || value === null || value === '') return invalid(`missing ${key}`);
  return typeof value === 'string'
    ? ok(value)
    : invalid(`${key} must be a string, not ${kindOf(value)}`);
}
