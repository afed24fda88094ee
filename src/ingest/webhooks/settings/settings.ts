/** The settings of a source, as an operator writes them and as they are stored. Secrets are stored apart. */
import { Fields } from '../../../lib/fields.ts';
import { nearest } from '../../../lib/nearest.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { parseNamespacePath } from '../../../namespace/namespace.ts';
import {
  DEFAULT_TOLERANCE_SECONDS,
  MAX_SOURCE_OPTION_CHARACTERS,
  MAX_TOLERANCE_SECONDS,
} from '../../limits.ts';
import { compileMapping, type MappingSettings } from '../mapping/mapping.ts';
import type { SourceOptions } from '../option.ts';
import { CLOUDEVENTS, KINDS } from '../vendors/all-kinds.ts';
import type { Kind } from '../vendors/kind.ts';
import { hmacSignature, type SignatureSettings } from '../verifiers/hmac-signature.ts';
import type { Verifier } from '../verifiers/verifier.ts';
import { AUDIT_KEYS, type OnOverload, readAuditSettings } from './audit-settings.ts';
import { readMapping } from './mapping-settings.ts';
import type { ReadSettings } from './read-settings.ts';
import { readSignature, shownSignature } from './signature-settings.ts';

/** Plain JSON: stored as it is. */
export interface SourceSettings {
  readonly kind: string;
  /** A rule; empty for the rule of the kind. */
  readonly event_type: string;
  /** The path of the events' namespace, below the source's namespace; empty for that namespace. */
  readonly namespace: string;
  /** Rules that replace those of the kind. */
  readonly mapping: MappingSettings;
  /** How far the time of a delivery may be from now, in seconds. */
  readonly tolerance: number;
  /** For kind `hmac`. */
  readonly signature?: SignatureSettings;
  readonly options?: SourceOptions;
  /** For kind `vault-audit`: the versions of kv mounts. */
  readonly mounts?: Readonly<Record<string, 1 | 2>>;
  /** For kind `vault-audit`. */
  readonly on_overload?: OnOverload;
  /** For kind `vault-audit`: the audited server is the upstream, so what passes through this server is audited, too. */
  readonly upstream?: true;
  /** For kind `vault-audit`: undefined if the audited server is not asked. */
  readonly read?: ReadSettings;
  /** For kind `vault-audit`: whether a read of static credentials tells of their last rotation. */
  readonly rotations?: true;
}

const KEYS = ['kind', 'secrets', 'event_type', 'namespace', 'mapping', 'tolerance'];

/** Checks the settings of a source, and compiles its rules to check them as well. */
export function checkSettings(name: string, body: Record<string, unknown>): Result<SourceSettings> {
  const fields = new Fields(body);
  const kindName = fields.raw('kind');
  const kind = typeof kindName === 'string' ? findKind(kindName) : undefined;
  if (kind === undefined || typeof kindName !== 'string') {
    return invalid(unknownKind(kindName));
  }
  fields.rejectUnknown(keysOf(kind), `a source of kind ${quote(kindName)}`);
  const common = { kind: kindName, namespace: readNamespace(fields) };
  return fields.result(
    kind.body === 'audit'
      ? { ...common, event_type: '', mapping: {}, tolerance: 0, ...readAuditSettings(fields) }
      : { ...common, ...readDocumentSettings(name, kind, fields) },
  );
}

function readDocumentSettings(
  name: string,
  kind: Kind,
  fields: Fields,
): Omit<SourceSettings, 'kind' | 'namespace'> {
  const eventType = fields.string('event_type') ?? '';
  const tolerance = readTolerance(fields);
  const mapping = readMapping(fields);
  for (const defaults of [kind, CLOUDEVENTS, ...(kind.shapes ?? [])]) {
    fields.take(compileMapping(name, defaults, eventType, mapping), undefined);
  }
  const signature = hasSignature(kind) ? readSignature(fields) : undefined;
  const options = readOptions(kind, fields);
  return {
    event_type: eventType,
    mapping,
    tolerance,
    ...(signature && { signature }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

function unknownKind(name: unknown): string {
  const kinds = Object.keys(KINDS);
  const similar = typeof name === 'string' ? nearest(name, kinds) : undefined;
  const advice = similar === undefined ? '' : ` (did you mean ${quote(similar)}?)`;
  return `kind is ${quote(name ?? '')}${advice}; there are ${kinds.map(quote).join(', ')}`;
}

/** The kind of this name; undefined if there is none. */
export function findKind(name: string): Kind | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

function keysOf(kind: Kind): string[] {
  if (kind.body === 'audit') return AUDIT_KEYS;
  const signature = hasSignature(kind) ? ['signature'] : [];
  return [...KEYS, ...signature, ...Object.keys(kind.options ?? {})];
}

function hasSignature({ verifiers }: Kind): boolean {
  return verifiers === 'settings';
}

function readNamespace(fields: Fields): string {
  const value = fields.raw('namespace');
  if (value === undefined) return '';
  const path = typeof value === 'string' ? parseNamespacePath(value) : undefined;
  if (path === undefined) {
    fields.reject(
      `namespace is ${quote(value)}; it must be the path of a namespace below the source's`,
    );
  }
  return path ?? '';
}

function readTolerance(fields: Fields): number {
  if (fields.raw('tolerance') === undefined) return DEFAULT_TOLERANCE_SECONDS;
  const seconds = fields.duration('tolerance');
  if (seconds < 1 || seconds > MAX_TOLERANCE_SECONDS) {
    fields.reject(`tolerance must be from 1 to ${MAX_TOLERANCE_SECONDS} seconds`);
  }
  return seconds;
}

/** The settings as an operator would write them. */
export function shownSettings(settings: SourceSettings): Record<string, unknown> {
  const { signature, options, ...others } = settings;
  if (findKind(settings.kind)?.body === 'audit') {
    const { kind, namespace, mounts, on_overload, upstream, read, rotations } = settings;
    const optional = {
      ...(upstream && { upstream }),
      ...(read && { read }),
      ...(rotations && { rotations }),
    };
    return { kind, namespace, mounts, on_overload, ...optional };
  }
  return { ...others, ...options, ...(signature && { signature: shownSignature(signature) }) };
}

/** Any one of these must verify a delivery to the source. */
export function verifiersOf({ kind, signature }: SourceSettings): readonly Verifier[] {
  const verifiers = findKind(kind)?.verifiers ?? [];
  if (verifiers !== 'settings') return verifiers;
  return signature === undefined ? [] : [hmacSignature(signature)];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

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

/** Reads the options of a kind from the settings of a source. */
function readOptions({ options = {} }: Kind, fields: Fields): SourceOptions {
  const read: [string, string][] = [];
  for (const [name, { required, about, check }] of Object.entries(options)) {
    const value = fields.string(name, MAX_SOURCE_OPTION_CHARACTERS);
    if (value === undefined) {
      if (required) fields.reject(`missing ${name}: ${about}`);
      continue;
    }
    const checked = check(value);
    if (!checked.ok) fields.reject(`${name} is ${quote(value)}; it ${checked.failure.message}`);
    read.push([name, value]);
  }
  return Object.fromEntries(read);
}
