/**
 * What middleware has resolved of a request, as handlers read it in `c.var`. `c.var` copies all of it, so what every request
 * passes uses `c.get`. A route does not compile if it lacks the
 * middleware for a variable that its handler reads.
 */

import type { Context, Env as HonoEnv, MiddlewareHandler } from 'hono';
import type { Config } from '../config/config.ts';
import type { Variables as ConfigVariables } from '../config/variables.ts';
import type { DatasetBinding } from '../metrics/data-point.ts';
import type { Caller } from './authentication/caller.ts';
import type { OptionalBindings } from './rate-limit.ts';
import type { RequestPath } from './request/path.ts';
import type { RequestRecord } from './request-record.ts';

/** The bindings of the Worker, with the secrets that `wrangler.toml` does not have. */
export type Bindings = Env & ConfigVariables & DatasetBinding & OptionalBindings;

interface ResolvedRequest {
  readonly config: Config;
  readonly path: RequestPath;
  readonly query: URLSearchParams;
  /** The path of the Vault namespace that the request is sent to; undefined if no namespace can have it. */
  readonly namespacePath: string | undefined;
  /** When the request came to be authenticated. Unix milliseconds. */
  readonly askedAt?: number;
  /** Undefined if requests are not logged. */
  readonly record?: RequestRecord;
}

export interface EnvWith<Variables> {
  Bindings: Bindings;
  Variables: ResolvedRequest & Variables;
}

/** Every request. */
export type AppEnv = EnvWith<unknown>;

/** After `resolveNamespace`: the key of the Vault namespace, which exists. */
export type NamespaceEnv = EnvWith<{ readonly namespace: string }>;

/** After `requireCaller`. */
export type CallerEnv = EnvWith<{ readonly caller: Caller }>;

/** After `readJsonBody`: an object, which is empty if there is no body. */
export type BodyEnv = EnvWith<{ readonly body: Readonly<Record<string, unknown>> }>;

/**
 * A response, or nothing once `next` was called. Middleware that waits for nothing is no `async` function: it returns the
 * promise of `next` itself, because another promise around it costs every request a microsecond.
 */
export type MiddlewareResult = ReturnType<MiddlewareHandler>;

/** A context that cannot set variables: for everything but middleware. */
export type Resolved<E extends HonoEnv> = Pick<
  Context<E>,
  'req' | 'env' | 'get' | 'var' | 'executionCtx'
>;

export type AppContext = Resolved<AppEnv>;
export type NamespaceContext = Resolved<NamespaceEnv>;
export type CallerContext = Resolved<NamespaceEnv & CallerEnv>;
