/** The endpoints that take JSON: their tables, and what their handlers are called with. */
import { kindOf } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Operation } from '../policy/acl.ts';
import type { BodyEnv, CallerEnv, EnvWith, NamespaceEnv, Resolved } from './context.ts';

type Handler = (call: Call) => Promise<Response> | Response;

/** One path, with a handler for each operation. */
export interface Endpoint {
  /** GET. */
  readonly read?: Handler;
  /** GET with `list=true`. */
  readonly list?: Handler;
  /** POST and PUT. */
  readonly update?: Handler;
  /** DELETE. */
  readonly delete?: Handler;
  /** The members that a body has: others cause a warning. Undefined if the handler checks them itself. */
  readonly parameters?: readonly string[];
  /** Set if policies have to allow `create` instead of `update` for what does not exist yet. */
  exists?(call: Call): Promise<boolean>;
  /** Whether policies have to grant `sudo` in addition. */
  readonly sudo?: boolean;
  /** Whether names that only differ in case are the same. Then policies must also allow the lower-case path. */
  readonly ignoresCase?: boolean;
  /** Whether a GET without `list=true` is a list too. */
  readonly alwaysLists?: boolean;
}

/** By path. `:name` stands for one segment, `:names` for any number. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

/** After `selectEndpoint`. */
export type EndpointEnv = EnvWith<{
  readonly endpoint: Endpoint;
  readonly handler: Handler;
  readonly operation: Operation;
  /** The value of `:name` or `:names` in the path of the endpoint; empty if it has none. */
  readonly name: string;
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
