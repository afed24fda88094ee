/** Reads one `path "…" { … }` block of a policy. */
import { compileGlob } from '../event/glob.ts';
import type { JsonValue } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import { ok } from '../lib/result.ts';
import {
  ALL,
  type CapabilitySet,
  DENY,
  isCapability,
  NONE,
  SHORTHANDS,
  setOf,
} from './capability.ts';
import { guardedCapabilities } from './control-group.ts';
import type { StringNode } from './hcl/ast.ts';
import { invalidAt, type Parsed } from './hcl/failure.ts';
import {
  attributesOf,
  type BlockAttributes,
  checkKeys,
  durationOf,
  jsonOf,
  type LabelledBlock,
  objectsOf,
  stringOf,
  stringsOf,
} from './hcl/value.ts';
import { withoutOpenBao } from './openbao-keys.ts';
import { DENIED, type Parameters, type Permissions, uniqueEventTypes } from './permissions.ts';
import { parseTemplate, type Template } from './template.ts';

export interface PathRule {
  /** As written, with the selectors of its template. */
  readonly path: string;
  readonly line: number;
  readonly template: Template;
  readonly permissions: Permissions;
  /** Keys of OpenBao that Carillon ignores. */
  readonly ignored: readonly string[];
}

const ATTRIBUTES: ReadonlySet<string> = new Set([
  'comment',
  'policy',
  'capabilities',
  'allowed_parameters',
  'denied_parameters',
  'required_parameters',
  'min_wrapping_ttl',
  'max_wrapping_ttl',
  'mfa_methods',
  'control_group',
  'subscribe_event_types',
]);

export function readPathRule({ label, body }: LabelledBlock): Parsed<PathRule> {
  const path = label.name;
  const template = parseTemplate(path);
  if (template === undefined) {
    return invalidAt(
      label.at,
      'failed to validate policy templating: unbalanced templating characters',
    );
  }
  const read = path.includes('+*')
    ? invalidAt(label.at, "invalid use of wildcards ('+*' is forbidden)")
    : readRuleBody(body);
  if (!read.ok) {
    return invalidAt(read.failure.location, `path ${quote(path)}: ${read.failure.message}`);
  }
  return ok({ path, line: label.at.line, template, ...read.value });
}

function readRuleBody(
  body: LabelledBlock['body'],
): Parsed<Pick<PathRule, 'permissions' | 'ignored'>> {
  const vault = withoutOpenBao(body);
  if (!vault.ok) return vault;
  const known = checkKeys(vault.value.body, ATTRIBUTES);
  if (!known.ok) return known;
  const permissions = readPermissions(known.value);
  return permissions.ok
    ? ok({ permissions: permissions.value, ignored: vault.value.ignored })
    : permissions;
}

function readPermissions(body: LabelledBlock['body']): Parsed<Permissions> {
  const attributes = attributesOf({
    ...body,
    members: body.members.filter(({ keys }) => keys[0].name !== 'comment'),
  });
  if (!attributes.ok) return attributes;
  const capabilities = readCapabilities(attributes.value);
  if (!capabilities.ok) return capabilities;
  const lists = readLists(attributes.value);
  if (!lists.ok) return lists;
  if (capabilities.value === DENY) return ok(DENIED);

  const min = readTtl(attributes.value, 'min_wrapping_ttl');
  if (!min.ok) return min;
  const max = readTtl(attributes.value, 'max_wrapping_ttl');
  if (!max.ok) return max;
  if (min.value !== 0 && max.value !== 0 && max.value < min.value) {
    return invalidAt(body.at, 'max_wrapping_ttl cannot be less than min_wrapping_ttl');
  }
  const groups = attributes.value.get('control_group') ?? [];
  const guarded = guardedCapabilities(groups, capabilities.value);
  if (!guarded.ok) return guarded;
  const { mfaMethods, ...parameters } = lists.value;
  return ok({
    capabilities: capabilities.value,
    withheld: mfaMethods.length > 0 ? ALL : guarded.value,
    minWrappingTtl: min.value,
    maxWrappingTtl: max.value,
    ...parameters,
  });
}

function readCapabilities(attributes: BlockAttributes): Parsed<CapabilitySet> {
  // JSON may have it twice. The last one is used, even if it is empty.
  let shorthand: Pick<StringNode, 'text' | 'at'> | undefined;
  for (const node of attributes.get('policy') ?? []) {
    const text = stringOf(node, 'policy');
    if (!text.ok) return text;
    shorthand = { text: text.value, at: node.at };
  }
  let set = NONE;
  if (shorthand !== undefined && shorthand.text !== '') {
    const { text, at } = shorthand;
    if (!Object.hasOwn(SHORTHANDS, text)) return invalidAt(at, `invalid policy ${quote(text)}`);
    set = SHORTHANDS[text] ?? NONE;
  }
  const names = stringsOf(attributes, 'capabilities');
  if (!names.ok) return names;
  if ((set & DENY) !== 0) return ok(DENY);
  for (const { text, at } of names.value) {
    if (text === 'deny') return ok(DENY);
    if (!isCapability(text)) return invalidAt(at, `invalid capability ${quote(text)}`);
    set |= setOf(text);
  }
  return ok(set);
}

type Lists = Pick<Permissions, 'allowed' | 'denied' | 'required' | 'eventTypes'> & {
  readonly mfaMethods: readonly string[];
};

function readLists(attributes: BlockAttributes): Parsed<Lists> {
  const allowed = readParameters(attributes, 'allowed_parameters');
  if (!allowed.ok) return allowed;
  const denied = readParameters(attributes, 'denied_parameters');
  if (!denied.ok) return denied;
  const required = stringsOf(attributes, 'required_parameters');
  if (!required.ok) return required;
  const globs = stringsOf(attributes, 'subscribe_event_types');
  if (!globs.ok) return globs;
  const mfaMethods = stringsOf(attributes, 'mfa_methods');
  if (!mfaMethods.ok) return mfaMethods;
  return ok({
    allowed: allowed.value,
    denied: denied.value,
    required: required.value.map(({ text }) => text),
    eventTypes: uniqueEventTypes(
      globs.value.map(({ text }) => ({ glob: text, matches: compileGlob(text) })),
    ),
    mfaMethods: mfaMethods.value.map(({ text }) => text),
  });
}

function readParameters(attributes: BlockAttributes, name: string): Parsed<Parameters> {
  const parameters = new Map<string, JsonValue[]>();
  const written = new Map<string, string>();
  for (const node of attributes.get(name) ?? []) {
    const objects = objectsOf(node);
    if (objects === undefined || objects.length === 0) {
      return invalidAt(node.at, `"${name}" must be an object of lists`);
    }
    for (const { keys, value } of objects.flatMap(({ members }) => members)) {
      const [key] = keys;
      if (value.kind !== 'list' || keys.length > 1) {
        return invalidAt(key.at, `"${name}" must be an object of lists`);
      }
      const parameter = key.name.toLowerCase();
      const before = written.get(parameter) ?? key.name;
      if (before !== key.name) {
        const both = `${quote(before)} and ${quote(key.name)}`;
        return invalidAt(key.at, `"${name}" has ${both}, which are one parameter`);
      }
      written.set(parameter, key.name);
      const values = parameters.get(parameter) ?? [];
      for (const item of value.items) values.push(jsonOf(item));
      parameters.set(parameter, values);
    }
  }
  return ok(parameters);
}

function readTtl(attributes: BlockAttributes, name: string): Parsed<number> {
  let seconds = 0;
  for (const node of attributes.get(name) ?? []) {
    const duration = durationOf(node);
    if (duration === undefined) {
      return invalidAt(node.at, `error parsing ${name}: not a duration`);
    }
    seconds = duration;
  }
  return ok(seconds);
}
