/** What `auth/token/create` asks for, checked as Vault checks it and against who asks. */

import { parseSignedDuration } from '../lib/duration.ts';
import { isJsonObject, withoutNulls } from '../lib/json.ts';
import { parseBool } from '../lib/parse-bool.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type { Identity } from '../policy/identity.ts';
import { MAX_POLICIES_PER_TOKEN } from '../policy/limits.ts';
import { checkPolicyName, UNASSIGNABLE_POLICIES } from '../policy/policy-name.ts';
import {
  DEFAULT_TOKEN_TTL_SECONDS,
  MAX_DISPLAY_NAME_CHARACTERS,
  MAX_META_BYTES,
  MAX_TOKEN_CHARACTERS,
  MAX_TOKEN_TTL_SECONDS,
  MAX_TOKEN_USES,
} from './limits.ts';
import { TOKEN_PREFIX } from './token-form.ts';
import type { TokenRequest } from './token-record.ts';
import { isToken } from './token-text.ts';

/** Who asks for a token. */
export interface Maker {
  readonly root: boolean;
  /** Whether it has `sudo` on the path that it asks at. */
  readonly sudo: boolean;
  /** Whether it is of a namespace above, where the names of policies mean something else. */
  readonly fromAbove: boolean;
  /** Its token, where that is of the same namespace: the parent. */
  readonly token: { readonly id: number; readonly policies: readonly string[] } | undefined;
  /** Its token, where that is of a namespace above: the parent there. */
  readonly foreignToken: string | undefined;
  /** Whether its token expires, of whatever namespace it is. */
  readonly expires: boolean;
  readonly identity: Identity | undefined;
  readonly limitedUses: boolean;
}

export interface CheckedTokenRequest {
  readonly request: TokenRequest;
  /** The token itself, where the maker chose it. */
  readonly chosen: string | undefined;
  /** The token whose shares it uses, where that is not its parent: who is trusted with `sudo` makes principals. */
  readonly sharesOf: number | undefined;
  readonly warnings: readonly string[];
}

/** @param alwaysOrphan the request came to `create-orphan` */
export function checkTokenRequest(
  members: Record<string, unknown>,
  maker: Maker,
  alwaysOrphan: boolean,
): Result<CheckedTokenRequest> {
  const body = withoutNulls(members);
  const privileged = maker.root || maker.sudo;
  if (maker.fromAbove && !privileged) {
    return invalid(
      'root or sudo privileges required to directly generate a token in a child namespace',
    );
  }
  if (maker.limitedUses) return invalid('restricted use token cannot generate child tokens');
  if (![undefined, '', 'service', 'default'].includes(body.type as string | undefined)) {
    return invalid(
      `token type ${quote(body.type)} is not supported; this server makes service tokens`,
    );
  }
  if (body.entity_alias !== undefined && body.entity_alias !== '') {
    return invalid('entity_alias needs a token role, which this server does not have');
  }
  const chosen = chosenToken(body.id, privileged);
  if (!chosen.ok) return chosen;
  const policies = policiesOf(body, maker, privileged);
  if (!policies.ok) return policies;
  const orphan = flag('no_parent', body.no_parent);
  if (!orphan.ok) return orphan;
  if (orphan.value && !privileged) {
    return invalid('root or sudo privileges required to create orphan token');
  }
  const meta = checkMeta(body.meta);
  if (!meta.ok) return meta;
  const displayName = displayNameOf(body.display_name);
  if (!displayName.ok) return displayName;
  const uses = usesOf(body.num_uses);
  if (!uses.ok) return uses;
  const renewable = flag('renewable', body.renewable);
  if (!renewable.ok) return renewable;
  const times = timesOf(body, policies.value.includes('root'), maker, privileged);
  if (!times.ok) return times;

  const isOrphan = alwaysOrphan || orphan.value;
  const { ttl, period, explicitMaxTtl, warnings } = times.value;
  return ok({
    request: {
      policies: policies.value,
      parent: isOrphan ? undefined : maker.token?.id,
      foreignParent: isOrphan ? undefined : maker.foreignToken,
      orphan: isOrphan,
      identity: isOrphan ? undefined : maker.identity,
      meta: meta.value,
      displayName: displayName.value,
      path: alwaysOrphan ? 'auth/token/create-orphan' : 'auth/token/create',
      ttl,
      period,
      explicitMaxTtl,
      maxTtl: 0,
      uses: uses.value,
      renewable: ttl > 0 && (body.renewable === undefined || renewable.value),
    },
    chosen: chosen.value,
    sharesOf: isOrphan && !privileged ? maker.token?.id : undefined,
    warnings,
  });
}

/** A list of policies as tokens carry them: lower case, each once, in order; `root` stands alone. */
export function normalPolicies(names: readonly string[], addDefault: boolean): string[] {
  const normal = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  if (normal.includes('root')) return ['root'];
  return [...new Set(addDefault ? [...normal, 'default'] : normal)].sort();
}

/** The life of a token, cut to what is allowed: seconds, and what Vault says of the cut. */
export function cutTtl(
  wanted: number,
  max: number,
): { readonly ttl: number; readonly warnings: string[] } {
  if (wanted <= max) return { ttl: wanted, warnings: [] };
  return {
    ttl: max,
    warnings: [
      `TTL of "${goDuration(wanted)}" exceeded the effective max_ttl of "${goDuration(max)}"; TTL value is capped accordingly`,
    ],
  };
}

/** A duration of whole seconds as Vault prints it: `1h`, `1h30m`, `90s` as `1m30s`. */
function goDuration(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = [h > 0 ? `${h}h` : '', m > 0 ? `${m}m` : '', s > 0 ? `${s}s` : ''];
  return parts.join('') || '0s';
}

function chosenToken(value: unknown, privileged: boolean): Result<string | undefined> {
  if (value === undefined || value === '') return ok(undefined);
  if (typeof value !== 'string') return invalid(`id must be a string, not ${kindOf(value)}`);
  if (!privileged) return invalid('root or sudo privileges required to specify token id');
  const prefix = ['hvs.', 's.', TOKEN_PREFIX].find((each) => value.startsWith(each));
  if (prefix !== undefined) return invalid(`custom token ID cannot have the '${prefix}' prefix`);
  if (value.includes('.')) return invalid("custom token ID cannot have a '.' in the value");
  if (!isToken(value)) {
    return invalid('id has a character that no request can send; use printable ASCII without ","');
  }
  if (value.length > MAX_TOKEN_CHARACTERS) {
    return invalid(
      `id has ${value.length} characters, at most ${MAX_TOKEN_CHARACTERS} are allowed`,
    );
  }
  return ok(value);
}

function policiesOf(
  body: Record<string, unknown>,
  maker: Maker,
  privileged: boolean,
): Result<string[]> {
  const wanted = namesOf(body.policies);
  if (!wanted.ok) return wanted;
  const noDefault = flag('no_default_policy', body.no_default_policy);
  if (!noDefault.ok) return noDefault;
  const own = maker.fromAbove ? ['default'] : (maker.token?.policies ?? ['root']);
  const adds = !noDefault.value && (privileged || own.includes('default'));
  // A list of blanks is a list: whoever wrote it did not mean to inherit.
  const policies = wanted.value === undefined ? own : normalPolicies(wanted.value, adds);
  const granted = policies.filter((name) => name !== 'default' || !noDefault.value);

  const reserved = granted.find((name) => UNASSIGNABLE_POLICIES.includes(name));
  if (reserved !== undefined) return invalid(`cannot assign policy ${quote(reserved)}`);
  if (!privileged && !granted.every((name) => own.includes(name))) {
    return invalid('child policies must be subset of parent');
  }
  if (granted.includes('root') && !maker.root) {
    return invalid('root tokens may not be created without parent token being root');
  }
  if (granted.includes('root') && maker.fromAbove) {
    return invalid('root tokens may not be created from a parent namespace');
  }
  return ok(granted);
}

/** A list of names, or one text with commas between them. */
function namesOf(value: unknown): Result<string[] | undefined> {
  if (value === undefined || value === '') return ok(undefined);
  const names = typeof value === 'string' ? value.split(',') : value;
  if (Array.isArray(names) && names.length === 0) return ok(undefined);
  if (!Array.isArray(names)) {
    return invalid(`policies must be a list of strings, not ${kindOf(value)}`);
  }
  if (names.length > MAX_POLICIES_PER_TOKEN) {
    return invalid(
      `policies has ${names.length} names, at most ${MAX_POLICIES_PER_TOKEN} are allowed`,
    );
  }
  const wrong = names.findIndex((name) => typeof name !== 'string');
  if (wrong !== -1)
    return invalid(`policies[${wrong}] must be a string, not ${kindOf(names[wrong])}`);
  const trimmed = (names as string[]).map((name) => name.trim()).filter((name) => name !== '');
  for (const name of trimmed) {
    const checked = checkPolicyName(name);
    if (!checked.ok) return checked;
  }
  return ok(trimmed);
}

/** Key-value pairs that the token carries for those who look at it. */
export function checkMeta(value: unknown): Result<Record<string, string> | undefined> {
  if (value === undefined) return ok(undefined);
  const pairs = typeof value === 'string' ? pairsOf(value) : value;
  if (!isJsonObject(pairs)) {
    return invalid(`meta must be an object of strings, or key=value, not ${kindOf(value)}`);
  }
  const meta: Record<string, string> = {};
  for (const [key, member] of Object.entries(pairs)) {
    if (!['string', 'number', 'boolean'].includes(typeof member) || key === '__proto__') {
      return invalid(`meta[${quote(key)}] must be a string, not ${kindOf(member)}`);
    }
    meta[key] = String(member);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(meta)).length;
  if (bytes > MAX_META_BYTES) {
    return invalid(`meta has ${bytes} bytes, at most ${MAX_META_BYTES} are allowed`);
  }
  return ok(meta);
}

/** `a=1,b=2`, as Vault's command line writes it. Undefined where it is no such thing. */
function pairsOf(text: string): Record<string, unknown> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)=(.*)$/s.exec(pair));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

function displayNameOf(value: unknown): Result<string> {
  if (value === undefined || value === '') return ok('token');
  if (typeof value !== 'string')
    return invalid(`display_name must be a string, not ${kindOf(value)}`);
  if (value.length > MAX_DISPLAY_NAME_CHARACTERS) {
    return invalid(
      `display_name has ${value.length} characters, at most ${MAX_DISPLAY_NAME_CHARACTERS} are allowed`,
    );
  }
  return ok(`token-${value.replace(/[^A-Za-z0-9-]/g, '-').replace(/-+$/, '')}`);
}

function usesOf(value: unknown): Result<number> {
  if (value === undefined) return ok(0);
  const uses = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof uses !== 'number' || !Number.isInteger(uses) || uses > MAX_TOKEN_USES) {
    return invalid(`num_uses must be a whole number of at most ${MAX_TOKEN_USES}`);
  }
  return uses < 0 ? invalid('number of uses cannot be negative') : ok(uses);
}

function flag(name: string, value: unknown): Result<boolean> {
  if (value === undefined) return ok(false);
  if (typeof value === 'boolean') return ok(value);
  const parsed = typeof value === 'string' ? parseBool(value) : undefined;
  if (parsed !== undefined) return ok(parsed);
  return invalid(`${name} must be true or false, not ${quote(value)}`);
}

interface Times {
  readonly ttl: number;
  readonly period: number;
  readonly explicitMaxTtl: number;
  readonly warnings: readonly string[];
}

function timesOf(
  body: Record<string, unknown>,
  isRoot: boolean,
  maker: Maker,
  privileged: boolean,
): Result<Times> {
  const wanted = duration('ttl', body.ttl ?? body.lease);
  if (!wanted.ok) return wanted;
  const period = duration('period', body.period);
  if (!period.ok) return period;
  const explicitMaxTtl = duration('explicit_max_ttl', body.explicit_max_ttl);
  if (!explicitMaxTtl.ok) return explicitMaxTtl;
  if (period.value > 0 && !privileged) {
    return invalid('root or sudo privileges required to create periodic token');
  }
  if (isRoot && wanted.value === 0 && period.value === 0 && explicitMaxTtl.value === 0) {
    if (maker.expires) {
      return invalid('expiring root tokens cannot create non-expiring root tokens');
    }
    return ok({ ttl: 0, period: 0, explicitMaxTtl: 0, warnings: [] });
  }
  const max = Math.min(explicitMaxTtl.value || MAX_TOKEN_TTL_SECONDS, MAX_TOKEN_TTL_SECONDS);
  const { ttl, warnings } =
    wanted.value === 0
      ? { ttl: Math.min(period.value || DEFAULT_TOKEN_TTL_SECONDS, max), warnings: [] }
      : cutTtl(period.value || wanted.value, max);
  return ok({ ttl, period: period.value, explicitMaxTtl: explicitMaxTtl.value, warnings });
}

function duration(name: string, value: unknown): Result<number> {
  if (value === undefined || value === '') return ok(0);
  const seconds = parseSignedDuration(value, name);
  return seconds.ok && seconds.value < 0 ? invalid(`${name} must be positive`) : seconds;
}
