/** What the upstream says of a token of its own: the answer of `auth/token/lookup-self`, read. */
import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../policy/limits.ts';

/** What counts of a token of the upstream. */
export interface UpstreamToken {
  /** As it is named here, unlike any token of ours. */
  readonly accessor: string;
  /** The path of its namespace, there and here. */
  readonly namespace: string;
  /** Names, each once and in order: of the token's policies and of its entity's. */
  readonly policies: readonly string[];
  /** Empty where it has none. */
  readonly entityId: string;
  readonly displayName: string;
  /** Seconds; 0: it does not expire. */
  readonly ttl: number;
}

/** Why a token is not let in: nobody's, one that cannot be used here, or nobody can say. */
export type LookupFailure =
  | { readonly reason: 'invalid_token' }
  | { readonly reason: 'forbidden' | 'bad_gateway'; readonly message: string };

/** What the accessors and principals of the upstream's tokens begin with here; none of ours has a colon. */
const PREFIX = 'upstream:';

/** Of an accessor that `digest` stands in for, because a batch token has none, so many characters. */
const DIGEST_CHARACTERS = 24;

/** Who it is that holds a token: its entity, else the token. An entity of the upstream is none of ours. */
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
    // Whole seconds: in its last one a token has 0, which also stands for no end.
    ttl: data.expire_time === null ? 0 : Math.max(1, ttl),
  });
}

/** In the form of ours: the namespace follows a dot, where the upstream has an id of its own. */
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
