/** The settings of a source, as they are written, stored and shown; its secrets stand apart. */
import { parseDuration } from '../../duration.ts';
import { isJsonObject, unknownKey, withoutNulls } from '../../event/json.ts';
import { kindOf, quote } from '../../event/quote.ts';
import {
  DEFAULT_TOLERANCE_SECONDS,
  MAX_MAPPED_NAMES,
  MAX_MOUNTS,
  MAX_SOURCE_SECRET_CHARACTERS,
  MAX_SOURCE_SECRETS,
  MAX_TOLERANCE_SECONDS,
  MIN_SOURCE_SECRET_CHARACTERS,
} from '../../limits.ts';
import { parseNamespacePath, trimSlashes } from '../../namespace.ts';
import { invalid, ok, type Result } from '../../result.ts';
import { CLOUDEVENTS, KINDS, type Kind, type MappingSettings } from './kinds.ts';
import { compileMapping } from './mapping.ts';
import { HEADER_NAME } from './rule.ts';
import { problemOfSecret, type SignatureScheme } from './signature.ts';

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
  readonly signature?: SignatureScheme;
  /** Of kind `vault-audit`: the versions of kv mounts. */
  readonly mounts?: Readonly<Record<string, 1 | 2>>;
  /** Of kind `vault-audit`: whether the audited request waits, or the event goes. */
  readonly on_overload?: 'drop' | 'block';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const KEYS = ['kind', 'secrets', 'event_type', 'namespace', 'mapping', 'tolerance'];
const AUDIT_KEYS = ['kind', 'secrets', 'namespace', 'mounts', 'on_overload'];

export function checkSourceName(name: string): Result<string> {
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
    kind.body === 'audit' ? AUDIT_KEYS : [...KEYS, ...(signed(kind) ? ['signature'] : [])];
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
  const signature = signed(kind) ? signatureOf(body.signature) : undefined;
  if (signature?.ok === false) return signature;
  return ok({
    ...common,
    event_type: eventType,
    mapping: mapping.value,
    tolerance: tolerance.value,
    ...(signature && { signature: signature.value }),
  });
}

function signed({ proof }: Kind): boolean {
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

const ALGORITHMS: ReadonlyMap<string, SignatureScheme['algorithm']> = new Map([
  ['sha1', 'SHA-1'],
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
]);
const SIGNATURE_KEYS = ['header', 'algorithm', 'encoding', 'prefix', 'signed', 'timestamp_header'];
const MAX_TEMPLATE_CHARACTERS = 256;

/** How a source of kind `hmac` is signed. */
function signatureOf(value: unknown): Result<SignatureScheme> {
  if (!isJsonObject(value)) {
    return invalid(
      'a source of kind "hmac" needs signature, such as {"header": "X-Signature", "prefix": "sha256="}',
    );
  }
  const settings = withoutNulls(value);
  const unknown = unknownKey(settings, SIGNATURE_KEYS);
  if (unknown !== undefined) {
    return invalid(
      `unknown key ${quote(unknown)} in signature; it has ${SIGNATURE_KEYS.join(', ')}`,
    );
  }
  const notText = SIGNATURE_KEYS.find(
    (key) => settings[key] !== undefined && typeof settings[key] !== 'string',
  );
  if (notText !== undefined) return invalid(`signature.${notText} must be a string`);
  const {
    header = '',
    prefix = '',
    encoding = 'hex',
    ...rest
  } = settings as Record<string, string>;
  const { timestamp_header: timestamp, algorithm: name = 'sha256' } = rest;
  const { signed: template = timestamp === undefined ? '{body}' : '{timestamp}.{body}' } = rest;
  for (const [key, text] of [
    ['header', header],
    ['timestamp_header', timestamp ?? 'x'],
  ] as const) {
    if (!HEADER_NAME.test(text))
      return invalid(`signature.${key} is ${quote(text)}, no name of a header`);
  }
  const algorithm = ALGORITHMS.get(name);
  if (algorithm === undefined) {
    return invalid(`signature.algorithm is ${quote(name)}; there are "sha256", "sha512", "sha1"`);
  }
  if (encoding !== 'hex' && encoding !== 'base64') {
    return invalid(`signature.encoding is ${quote(encoding)}; it must be "hex" or "base64"`);
  }
  if (template.length > MAX_TEMPLATE_CHARACTERS || prefix.length > MAX_TEMPLATE_CHARACTERS) {
    return invalid(
      `signature.signed and prefix have at most ${MAX_TEMPLATE_CHARACTERS} characters`,
    );
  }
  if (template.split('{body}').length !== 2) {
    return invalid(`signature.signed is ${quote(template)}; "{body}" must stand in it once`);
  }
  const other = template.replaceAll(/\{(?:body|timestamp)\}/g, '').match(/\{[^}]*\}?/)?.[0];
  if (other !== undefined) {
    return invalid(
      `signature.signed has ${quote(other)}; only "{timestamp}" and "{body}" are substituted`,
    );
  }
  if (template.includes('{timestamp}') !== (timestamp !== undefined)) {
    return invalid(
      'signature.timestamp_header names the header whose value stands for "{timestamp}" in signature.signed; give both or neither',
    );
  }
  const scheme = { header, algorithm, encoding, form: 'plain', prefix, signed: template } as const;
  return ok({ ...scheme, ...(timestamp !== undefined && { timestamp }) });
}

/** Settings as they would be written again. */
export function shownSettings(settings: SourceSettings): Record<string, unknown> {
  const { signature, ...others } = settings;
  if (KINDS[settings.kind]?.body === 'audit') {
    const { kind, namespace, mounts, on_overload } = settings;
    return { kind, namespace, mounts, on_overload };
  }
  if (signature === undefined) return others;
  const { header, algorithm, encoding, prefix, signed: template, timestamp } = signature;
  const [name] = [...ALGORITHMS].find(([, each]) => each === algorithm) ?? [];
  return {
    ...others,
    signature: {
      header,
      algorithm: name ?? algorithm,
      encoding,
      prefix,
      signed: template,
      ...(timestamp !== undefined && { timestamp_header: timestamp }),
    },
  };
}

/** How deliveries of such a source are signed; undefined where one of its secrets is sent along. */
export function schemeOf({ kind, signature }: SourceSettings): SignatureScheme | undefined {
  const proof = KINDS[kind]?.proof;
  if (proof === 'token') return undefined;
  return proof === 'settings' ? signature : proof;
}

/** What is shown in the place of a secret. */
export const HIDDEN = '(hidden)';

/** Checks the secrets of a source; one alone may be a string, as `vault write` sends it. No message shows one. */
export function checkSecrets(given: unknown, settings: SourceSettings): Result<string[]> {
  const value = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(value) || value.length === 0) {
    return invalid('secrets must be a list of one or more, such as ["…"]');
  }
  if (value.length > MAX_SOURCE_SECRETS) {
    return invalid(`there are ${value.length} secrets, at most ${MAX_SOURCE_SECRETS} are allowed`);
  }
  const scheme = schemeOf(settings);
  for (const [index, secret] of value.entries()) {
    const at = `secrets[${index}]`;
    // Written back as it was read, it would be a secret that everybody knows.
    if (secret === HIDDEN) {
      return invalid(`${at} is ${HIDDEN}, as a secret is shown; leave secrets out to keep them`);
    }
    if (typeof secret !== 'string') return invalid(`${at} must be a string, not ${kindOf(secret)}`);
    if (
      secret.length < MIN_SOURCE_SECRET_CHARACTERS ||
      secret.length > MAX_SOURCE_SECRET_CHARACTERS
    ) {
      return invalid(
        `${at} has ${secret.length} characters; from ${MIN_SOURCE_SECRET_CHARACTERS} to ${MAX_SOURCE_SECRET_CHARACTERS} are allowed`,
      );
    }
    const isSendable = /^[\x21-\x2b\x2d-\x7e]+$/.test(secret);
    if (scheme === undefined && !isSendable) {
      return invalid(
        `${at} is sent in a header: it must be printable ASCII without blanks and commas`,
      );
    }
    const problem = scheme && problemOfSecret(secret, scheme);
    if (problem !== undefined) return invalid(`${at} ${problem}`);
  }
  return ok(value as string[]);
}
