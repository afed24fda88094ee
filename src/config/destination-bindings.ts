/**
 * The bindings that destinations may use: the variable `DESTINATION_BINDINGS`. Nothing else of the environment can be named, so
 * that no destination reaches the objects, or another binding, of this server.
 */
import { isJsonObject, unknownKey } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { parseJson } from '../lib/text.ts';
import { MAX_DESTINATION_BINDINGS } from './limits.ts';
import type { Variables } from './variables.ts';

export interface DestinationBinding {
  readonly kind: (typeof KINDS)[number];
  /** Globs over the paths of the Vault namespaces whose destinations may use it. */
  readonly namespaces: readonly string[];
}

/** By the name of the binding. */
export type DestinationBindings = ReadonlyMap<string, DestinationBinding>;

const KINDS = ['worker', 'queue'] as const;
const EXAMPLE = `{"CACHE": {"kind": "worker", "namespaces": ["team-a", "team-a/*"]}, "JOBS": {"kind": "queue", "namespaces": ["*"]}}`;
const BINDING_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** A path of a Vault namespace with wildcards; empty for root. */
const NAMESPACE_GLOB = /^(?!\/)(?:[^\s\p{Cc}"\\]{0,512})$/u;

/** The objects and services that this server binds for itself; a test compares them with `wrangler.toml`. */
const OWN_BINDINGS = [
  ...['AUTHORITY', 'HUB', 'WILDCARD_HUB', 'REGION_HEAD', 'SHARD', 'DESTINATION', 'DISPATCHER'],
  ...['METRICS', 'RESTORATION', 'METRICS_DATASET', 'RATE_LIMITER'],
];

/** Its variables and secrets. The compiler requires an entry for each. */
const OWN_VARIABLES: Readonly<Record<keyof Variables, true>> = {
  CLUSTER_NAME: true,
  ALLOWED_ORIGINS: true,
  PUBLISH_NEEDS_PATH: true,
  JOURNAL_MAX_EVENTS: true,
  JOURNAL_MAX_BYTES: true,
  JOURNAL_MAX_AGE: true,
  RECONNECT_WINDOW: true,
  JURISDICTION: true,
  LOCATION: true,
  SHARD_AT_SOCKETS: true,
  REGION_AT_SOCKETS: true,
  SHARD_SOCKETS: true,
  SHARD_REGIONS: true,
  MOVED_HUBS: true,
  QUEUE_SOURCES: true,
  DESTINATION_BINDINGS: true,
  UPSTREAM_ADDR: true,
  UPSTREAM_EVENTS: true,
  UPSTREAM_COMPATIBILITY: true,
  REQUEST_LOG: true,
  AUDIT_EVENTS: true,
  ROOT_TOKEN: true,
  SOURCE_KEY: true,
  ALLOW_LOOPBACK_HTTP: true,
  REGION_HEADER: true,
  RESTORED_HUBS: true,
  RESTORED_AUTHORITIES: true,
};

/** @returns none if the variable is empty */
export function parseDestinationBindings({
  DESTINATION_BINDINGS: text = '',
}: Variables): Result<DestinationBindings> {
  if (text.trim() === '') return ok(new Map());
  const json = parseJson(text);
  if (!json.ok) return wrong(`is ${json.failure.message}`);
  if (!isJsonObject(json.value)) return wrong('is not a JSON object');
  const entries = Object.entries(json.value);
  if (entries.length > MAX_DESTINATION_BINDINGS) {
    return wrong(
      `has ${entries.length} bindings, at most ${MAX_DESTINATION_BINDINGS} (MAX_DESTINATION_BINDINGS) are allowed`,
    );
  }
  const bindings = new Map<string, DestinationBinding>();
  for (const [name, value] of entries) {
    const binding = parseBinding(name, value);
    if (!binding.ok) return binding;
    bindings.set(name, binding.value);
  }
  return ok(bindings);
}

/** The message of a failure is to follow the name. */
export function checkBindingName(name: string): Result<undefined> {
  if (!BINDING_NAME.test(name)) {
    return invalid('is not the name of a binding, which has letters, digits and "_"');
  }
  return OWN_BINDINGS.includes(name) || Object.hasOwn(OWN_VARIABLES, name)
    ? invalid('this server binds for itself; give your binding another name')
    : ok(undefined);
}

function parseBinding(name: string, value: unknown): Result<DestinationBinding> {
  const of = `has ${quote(name)}`;
  const checked = checkBindingName(name);
  if (!checked.ok) return wrong(`${of}, which ${checked.failure.message}`);
  if (!isJsonObject(value)) return wrong(`${of} with a value that is not a JSON object`);
  const unknown = unknownKey(value, ['kind', 'namespaces']);
  if (unknown !== undefined) return wrong(`${of} with the unknown key ${quote(unknown)}`);
  const kind = KINDS.find((each) => each === value.kind);
  if (kind === undefined) {
    return wrong(`${of} with the kind ${quote(value.kind)}; it is "worker" or "queue"`);
  }
  const { namespaces } = value;
  if (!Array.isArray(namespaces) || namespaces.length === 0) {
    return wrong(`${of} without "namespaces", a list of those that may use it`);
  }
  const globs: string[] = [];
  for (const each of namespaces as readonly unknown[]) {
    if (typeof each !== 'string' || !NAMESPACE_GLOB.test(each)) {
      return wrong(
        `${of} with the namespace ${quote(each)}; each is a path such as "team-a", with "*" for any text, or "" for root`,
      );
    }
    globs.push(each.replace(/\/$/, ''));
  }
  return ok({ kind, namespaces: globs });
}

function wrong(why: string): Result<never> {
  return invalid(
    `the variable DESTINATION_BINDINGS ${why}; set it in wrangler.toml, or with --var, to JSON such as ${EXAMPLE}, or to "" for none`,
  );
}
