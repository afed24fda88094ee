/** The rules by which a source makes events of documents. */
import { checkEventType } from '../../../event/event-type.ts';
import { checkMetadataPath } from '../../../event/metadata.ts';
import { failureIn, invalid, ok, type Result } from '../../../lib/result.ts';
import { type Pointer, parsePointer } from '../pointer.ts';
import { RANDOM } from './event-id.ts';
import { checkLiteralPrefix, parseRule, type Rule } from './rule.ts';

/** The rules of a source as written. Metadata may also be a JSON pointer, for a value that is not a string. */
export interface MappingSettings {
  /** Retries of a delivery must get the same id. Without a rule, see `event-id.ts`. */
  readonly id?: string;
  /** The metadata `path`, which policies apply to. */
  readonly path?: string;
  /** When it happened: see `parse-time.ts`. */
  readonly time?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a source takes for rules that its settings do not have. */
export interface MappingDefaults {
  readonly eventType: string;
  readonly mapping: MappingSettings;
  /** Whether an id that no event can have is rejected, and not replaced. */
  readonly keepsIds?: boolean;
}

type MetadataRule =
  | { readonly kind: 'pointer'; readonly pointer: Pointer }
  | { readonly kind: 'rule'; readonly rule: Rule };

export interface Mapping {
  readonly eventType: Rule;
  readonly id: Rule | 'random' | undefined;
  readonly keepsIds: boolean;
  readonly path: Rule | undefined;
  readonly time: Rule | undefined;
  readonly metadata: readonly (readonly [name: string, value: MetadataRule])[];
}

/**
 * @param source the name of the source
 * @param eventType its rule for the event type; empty for the default
 * @param settings its other rules, which take precedence over the defaults
 */
export function compileMapping(
  source: string,
  defaults: MappingDefaults,
  eventType: string,
  settings: MappingSettings,
): Result<Mapping> {
  const texts = { ...defaults.mapping, ...settings };
  const type = compilePrefixed(
    eventType || defaults.eventType,
    'event_type',
    source,
    checkEventType,
  );
  if (!type.ok) return type;
  const path = optional(texts.path, (text) =>
    compilePrefixed(text, 'mapping.path', source, checkMetadataPath),
  );
  if (!path.ok) return path;
  const id =
    texts.id === RANDOM
      ? ok('random' as const)
      : optional(texts.id, (text) => parseRule(text, 'mapping.id', source));
  if (!id.ok) return id;
  const time = optional(texts.time, (text) => parseRule(text, 'mapping.time', source));
  if (!time.ok) return time;
  const metadata: [string, MetadataRule][] = [];
  for (const [name, text] of Object.entries(texts.metadata ?? {})) {
    const rule = compileMetadata(text, `mapping.metadata.${name}`, source);
    if (!rule.ok) return rule;
    metadata.push([name, rule.value]);
  }
  return ok({
    eventType: type.value,
    id: id.value,
    keepsIds: defaults.keepsIds ?? false,
    path: path.value,
    time: time.value,
    metadata,
  });
}

/** @param check of the result: a rule that can never make a valid one is rejected before the first delivery */
function compilePrefixed(
  text: string,
  name: string,
  source: string,
  check: (made: string) => Result<string>,
): Result<Rule> {
  const rule = parseRule(text, name, source);
  if (!rule.ok) return rule;
  const example = rule.value.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  const made = check(example);
  if (!made.ok) return invalid(`${name} makes nothing that could be one: ${made.failure.message}`);
  return checkLiteralPrefix(rule.value, name, text);
}

function optional(
  text: string | undefined,
  parse: (text: string) => Result<Rule>,
): Result<Rule | undefined> {
  return text === undefined || text === '' ? ok(undefined) : parse(text);
}

function compileMetadata(text: string, name: string, source: string): Result<MetadataRule> {
  if (text === '' || text.startsWith('/')) {
    const pointer = parsePointer(text);
    return pointer.ok
      ? ok({ kind: 'pointer', pointer: pointer.value })
      : failureIn(name, pointer.failure);
  }
  const rule = parseRule(text, name, source);
  return rule.ok ? ok({ kind: 'rule', rule: rule.value }) : rule;
}
