/** Reads what the upstream says about a token of its own: the response of `auth/token/lookup-self`. */
import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../policy/limits.ts';

export interface UpstreamToken {
  /** Its name here. No token of ours has such a name. */
  readonly accessor: string;
  /** The path of its namespace, at the upstream and here. */
  readonly namespace: string;
  /** The names of the policies of the token and its entity, sorted and unique. */
  readonly policies: readonly string[];
  /** Empty if it has none. */
  readonly entityId: string;
  readonly displayName: string;
  /** Seconds. 0: it does not expire. */
  readonly ttl: number;
}

/** The token does not exist, cannot be used here, or could not be looked up. */
export type LookupFailure =
  | { readonly reason: 'invalid_token' }
  | { readonly reason: 'forbidden' | 'bad_gateway'; readonly message: string };

/** The prefix of accessors and principals of the upstream's tokens here. None of ours has a colon. */
const PREFIX = 'upstream:';

/** A batch token has no accessor, so its name is this much of its digest. */
const DIGEST_CHARACTERS = 24;

/** The stable identity of the holder: the entity, or the token if there is none. Entities of the upstream are not ours. */
export function principalOf(accessor: string, entityId: string | undefined): string {
  if (entityId === undefined) return accessor;
  return accessor.startsWith(PREFIX) ? `${PREFIX}${entityId}` : entityId;
}

/** @param digest of the token */
export function readToken(answer: unknown, digest: string): Result<UpstreamToken, LookupFailure> {
  const data = isJsonObject(answer) ? answer.data : undefined;
  if (!isJsonObject(data)) return unlike();
  const { namespace_path: path = '', entity_id: entityId = '', display_name: name = '' } = data;
  const { policies, identity_policies: more, num_uses: uses = 0, ttl, accessor = '' } = data;
  const names = [policies, more ?? []].flat();
  const texts = [path, entityId, name, accessor, ...names];
  if (!Array.isArray(policies) || !texts.every((text) => typeof text === 'string')) return unlike();
  if (typeof ttl !== 'number' || typeof uses !== 'number') return unlike();
  const namespace = parseNamespacePath(path as string);
  if (namespace === undefined) return unlike();
  if (uses !== 0) {
    return forbidden(
      'a token with a limited number of uses cannot be used for events, because looking it up takes them; use another',
    );
  }
  const held = [...new Set(names as string[])].sort();
  if (held.length > MAX_POLICIES_PER_TOKEN) {
    return forbidden(
      `the token has ${held.length} policies, at most ${MAX_POLICIES_PER_TOKEN} are allowed`,
    );
  }
  return ok({
    accessor: accessorHere(accessor as string, namespace, digest),
    namespace,
    policies: held,
    entityId: entityId as string,
    displayName: name as string,
    // In its last second a token has 0, which otherwise means that it does not expire.
    ttl: data.expire_time === null ? 0 : Math.max(1, ttl),
  });
}

/** In the form of ours: the namespace is behind a dot, where the upstream has its own id. */
function accessorHere(accessor: string, namespace: string, digest: string): string {
  const [name] = accessor.split('.');
  return `${PREFIX}${name || digest.slice(0, DIGEST_CHARACTERS)}${namespace && '.'}${namespace}`;
}

function forbidden(message: string): Result<never, LookupFailure> {
  return {
    ok: false,
    failure: { reason: 'forbidden', message: `permission denied: ${message}` },
  };
}

function unlike(): Result<never, LookupFailure> {
  return {
    ok: false,
    failure: {
      reason: 'bad_gateway',
      message: 'the upstream does not answer auth/token/lookup-self as an OpenBao or Vault does',
    },
  };
}
