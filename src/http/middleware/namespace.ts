/** The key of the Vault namespace that a request is sent to: `c.var.namespace`. */

import type { Context, MiddlewareHandler, Next } from 'hono';
import { quote } from '../../lib/quote.ts';
import { ROOT, trimSlashes } from '../../namespace/namespace.ts';
import type { AppContext, MiddlewareResult, NamespaceEnv } from '../context.ts';
import { isOfEvents, SUBSCRIBE } from '../event-routes.ts';
import {
  cached,
  type Freshness,
  findNamespace,
  fresh,
  knownNamespace,
} from '../namespace-lookup.ts';
import { admit } from '../rate-limit.ts';
import { withoutVersion } from '../request/path.ts';
import { type Refusal, refuse } from '../respond.ts';

/** A message names at most this much of a header. */
const MAX_NAMED_CHARACTERS = 200;

/** A client that appends a path with the version to an address that ends with the version. */
const VERSION_TWICE =
  ' The path begins with "/v1/" twice: the address of the server (VAULT_ADDR) ends before it.';

/** @param mayBeCached whether what this Worker found out some seconds ago is good enough */
export function resolveNamespace({
  mayBeCached,
}: {
  readonly mayBeCached: boolean;
}): MiddlewareHandler<NamespaceEnv> {
  return (c, next) => {
    const path = c.get('namespacePath');
    if (path === undefined) return Promise.resolve(refuse(noNamespace(c)));
    const known = mayBeCached || path === ROOT ? knownNamespace(path) : undefined;
    const asked = c.get('askedAt');
    if (known === undefined)
      return lookUp(path, mayBeCached ? cached(asked) : fresh(asked), c, next);
    c.set('namespace', known);
    return next();
  };
}

async function lookUp(
  path: string,
  freshness: Freshness,
  c: Context<NamespaceEnv>,
  next: Next,
): MiddlewareResult {
  if (c.get('askedAt') === undefined && path !== ROOT) {
    // Nobody has been authenticated.
    const admitted = await admit(c.req.raw.headers, c.env);
    if (!admitted.ok) return refuse(admitted.failure);
  }
  const namespace = await findNamespace(path, c.env, freshness);
  if (namespace === undefined) return refuse(noNamespace(c));
  c.set('namespace', namespace);
  return next();
}

/** A path in a namespace that does not exist is an unknown route. */
export function noNamespace(c: AppContext): Refusal {
  const { path, namespacePath } = c.var;
  const named = trimSlashes(`${headerOf(c)}/${path.namespace}`);
  if (namespacePath === undefined && /#|%23/.test(named)) {
    const message = `the namespace ${quote(named)} has a "#", and no namespace has one`;
    return { reason: 'invalid', message };
  }
  const refusal = { reason: 'no_route', path: namedPath(c) } as const;
  if (path.whole.startsWith('/v1/v1/')) return { ...refusal, why: VERSION_TWICE };
  // Other routes are Vault's, and so is the message.
  if (!isOfEvents(path.route)) return refusal;
  const why =
    namespacePath === undefined
      ? 'No namespace can have this path.'
      : `There is no namespace ${quote(namespacePath)}.`;
  return path.route.startsWith(`${SUBSCRIBE}/`)
    ? { ...refusal, advice: why }
    : { ...refusal, why: ` ${why}` };
}

/** The path as messages name it, with the namespace of the header in front. */
export function namedPath(c: AppContext): string {
  return trimSlashes(`${trimSlashes(headerOf(c))}/${withoutVersion(c.var.path.whole)}`);
}

function headerOf(c: AppContext): string {
  return (c.req.raw.headers.get('x-vault-namespace') ?? '').slice(0, MAX_NAMED_CHARACTERS);
}
