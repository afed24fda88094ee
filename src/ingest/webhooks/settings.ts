/** The settings of a source, as they are written, stored and shown; its secrets stand apart. */
import { parseDuration } from '../../lib/duration.ts';
import { isJsonObject, unknownKey, withoutNulls } from '../../lib/json.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseNamespacePath, trimSlashes } from '../../namespace/namespace.ts';
import {
  DEFAULT_TOLERANCE_SECONDS,
  MAX_MAPPED_NAMES,
  MAX_MOUNTS,
  MAX_TOLERANCE_SECONDS,
} from '../limits.ts';
import type { Kind, MappingSettings } from './kind.ts';
import { CLOUDEVENTS, KINDS } from './kinds.ts';
import { compileMapping } from './mapping.ts';
import { checkOptions, type Options, optionNames } from './options.ts';
import type { Scheme } from './scheme.ts';
import { type SignatureSettings, signature } from './signature.ts';
import { checkSignature, shownSignature } from './signature-settings.ts';

export interface SourceSettings {
  readonly kind: string;
  /** A rule; empty: that of the kind. */
  readonly event_type: string;
  /** The path of the namespace of its events, below the source's own; empty for that. */
  readonly namespace: string;
  /** What it says otherwise than the kind. */
  readonly mapping: MappingSettings;
  /** How far the time of a delivery may be from now, seconds. */
  readonly tolerance: number;
  /** Of kind `hmac`. */
  readonly signature?: SignatureSettings;
  /** What only some kinds have. */
  readonly options?: Options;
  /** Of kind `vault-audit`: the versions of kv mounts. */
  readonly mounts?: Readonly<Record<string, 1 | 2>>;
  /** Of kind `vault-audit`: whether the audited request waits, or the event goes. */
  readonly on_overload?: 'drop' | 'block';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const KEYS = ['kind', 'secrets', 'event_type', 'namespace', 'mapping', 'tolerance'];
const AUDIT_KEYS = ['kind', 'secrets', 'namespace', 'mounts', 'on_overload'];

export function checkSourceName(name: string): Result<string> {
  if (name.includes('/')) {
    return invalid(
      `the source name ${quote(name)} has a slash, which no name of a source has; write it with "-"`,
    );
  }
  return NAME.test(name)
    ? ok(name)
    : invalid(
        `the source name ${quote(name)} must be of letters, digits, ".", "_" and "-", begin with one of the first two, and have at most 128 characters`,
      );
}

/** Checks the settings of a source, its rules included. */
export function checkSettings(
  name: string,
  given: Record<string, unknown>,
): Result<SourceSettings> {
  const body = withoutNulls(given);
  const { kind: kindName } = body;
  const kind =
    typeof kindName === 'string' && Object.hasOwn(KINDS, kindName) ? KINDS[kindName] : undefined;
  if (kind === undefined || typeof kindName !== 'string') {
    return invalid(
      `kind is ${quote(kindName ?? '')}; there are ${Object.keys(KINDS).map(quote).join(', ')}`,
    );
  }
  const keys =
    kind.body === 'audit'
      ? AUDIT_KEYS
      : [...KEYS, ...(hasSignature(kind) ? ['signature'] : []), ...optionNames(kind)];
  const unknown = unknownKey(body, keys);
  if (unknown !== undefined) {
    return invalid(
      `unknown key ${quote(unknown)}; a source of kind ${quote(kindName)} has ${keys.join(', ')}`,
    );
  }
  const namespace = namespaceOf(body.namespace);
  if (!namespace.ok) return namespace;
  const common = { kind: kindName, namespace: namespace.value };
  return kind.body === 'audit' ? checkAudit(common, body) : checkDocument(name, kind, common, body);
}

/** As text too: `vault write` knows nothing else. */
const VERSIONS: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  [1, 1],
  ['1', 1],
  [2, 2],
  ['2', 2],
]);

export function isOnOverload(value: unknown): value is 'drop' | 'block' {
  return value === 'drop' || value === 'block';
}

type Common = Pick<SourceSettings, 'kind' | 'namespace'>;

function checkAudit(common: Common, body: Record<string, unknown>): Result<SourceSettings> {
  const { mounts = {}, on_overload: onOverload = 'drop' } = body;
  if (!isOnOverload(onOverload)) {
    return invalid(`on_overload is ${quote(onOverload)}; it must be "drop" or "block"`);
  }
  if (!isJsonObject(mounts)) {
    return invalid(`mounts must be an object such as {"secret/": 2}, not ${kindOf(mounts)}`);
  }
  const entries = Object.entries(mounts);
  if (entries.length > MAX_MOUNTS) {
    return invalid(`mounts has ${entries.length} mounts, at most ${MAX_MOUNTS} are allowed`);
  }
  const versions: Record<string, 1 | 2> = {};
  for (const [mount, value] of entries) {
    const version = VERSIONS.get(value);
    if (version === undefined) {
      return invalid(`mounts: the version of ${quote(mount)} must be 1 or 2`);
    }
    versions[`${trimSlashes(mount)}/`] = version;
  }
  const rest = { event_type: '', mapping: {}, tolerance: 0 };
  return ok({ ...common, ...rest, mounts: versions, on_overload: onOverload });
}

function checkDocument(
  name: string,
  kind: Kind,
  common: Common,
  body: Record<string, unknown>,
): Result<SourceSettings> {
  const { event_type: eventType = '' } = body;
  if (typeof eventType !== 'string') {
    return invalid(`event_type must be a string, not ${kindOf(eventType)}`);
  }
  const tolerance = toleranceOf(body.tolerance);
  if (!tolerance.ok) return tolerance;
  const mapping = mappingOf(body.mapping);
  if (!mapping.ok) return mapping;
  for (const defaults of [kind, CLOUDEVENTS]) {
    const compiled = compileMapping(name, defaults, eventType, mapping.value);
    if (!compiled.ok) return compiled;
  }
  const own = hasSignature(kind) ? checkSignature(body.signature) : undefined;
  if (own?.ok === false) return own;
  const options = checkOptions(kind, body);
  if (!options.ok) return options;
  return ok({
    ...common,
    event_type: eventType,
    mapping: mapping.value,
    tolerance: tolerance.value,
    ...(own && { signature: own.value }),
    ...(Object.keys(options.value).length > 0 && { options: options.value }),
  });
}

function hasSignature({ proof }: Kind): boolean {
  return proof === 'settings';
}

function namespaceOf(value: unknown): Result<string> {
  if (value === undefined) return ok('');
  const path = typeof value === 'string' ? parseNamespacePath(value) : undefined;
  return path === undefined
    ? invalid(`namespace is ${quote(value)}; it must be the path of a namespace below the source's`)
    : ok(path);
}

function toleranceOf(value: unknown): Result<number> {
  if (value === undefined) return ok(DEFAULT_TOLERANCE_SECONDS);
  const seconds = parseDuration(value, 'tolerance');
  if (!seconds.ok) return seconds;
  return seconds.value >= 1 && seconds.value <= MAX_TOLERANCE_SECONDS
    ? seconds
    : invalid(`tolerance must be from 1 to ${MAX_TOLERANCE_SECONDS} seconds`);
}

const MAPPING_KEYS = ['id', 'path', 'time', 'metadata'];

function mappingOf(value: unknown): Result<MappingSettings> {
  if (value === undefined) return ok({});
  if (!isJsonObject(value)) return invalid(`mapping must be an object, not ${kindOf(value)}`);
  const mapping = withoutNulls(value);
  const unknown = unknownKey(mapping, MAPPING_KEYS);
  if (unknown !== undefined) {
    return invalid(`unknown key ${quote(unknown)} in mapping; it has ${MAPPING_KEYS.join(', ')}`);
  }
  const { metadata, ...rules } = mapping;
  for (const [key, rule] of Object.entries(rules)) {
    if (typeof rule !== 'string')
      return invalid(`mapping.${key} must be a string, not ${kindOf(rule)}`);
  }
  if (metadata === undefined) return ok(rules as MappingSettings);
  if (!isJsonObject(metadata)) {
    return invalid(`mapping.metadata must be an object, not ${kindOf(metadata)}`);
  }
  const names = Object.keys(metadata);
  if (names.length > MAX_MAPPED_NAMES) {
    return invalid(
      `mapping.metadata has ${names.length} names, at most ${MAX_MAPPED_NAMES} are allowed`,
    );
  }
  if (names.includes('path')) {
    return invalid('mapping.metadata has "path"; the rule for it is mapping.path');
  }
  const odd = names.find((each) => typeof metadata[each] !== 'string');
  if (odd !== undefined) {
    return invalid(
      `mapping.metadata.${odd} must be a JSON pointer such as "/action", a rule or a text, not ${kindOf(metadata[odd])}`,
    );
  }
  return ok(mapping as MappingSettings);
}

/** Settings as they would be written again. */
export function shownSettings(settings: SourceSettings): Record<string, unknown> {
  const { signature, options, ...others } = settings;
  if (KINDS[settings.kind]?.body === 'audit') {
    const { kind, namespace, mounts, on_overload } = settings;
    return { kind, namespace, mounts, on_overload };
  }
  return { ...others, ...options, ...(signature && { signature: shownSignature(signature) }) };
}

/** The schemes by any of which a delivery of such a source may be proven. */
export function schemesOf({ kind, signature: own }: SourceSettings): readonly Scheme[] {
  const proof = KINDS[kind]?.proof ?? [];
  if (proof !== 'settings') return proof;
  return own === undefined ? [] : [signature(own)];
}
