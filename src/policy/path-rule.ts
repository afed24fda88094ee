/** One `path "…" { … }` block. */
import { compileGlob } from '../event/glob.ts';
import type { JsonValue } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import {
  ALL,
  type CapabilitySet,
  DENY,
  isCapability,
  NONE,
  SHORTHANDS,
  setOf,
} from './capability.ts';
import { guarded } from './control-group.ts';
import { secondsOf } from './duration.ts';
import { type Position, Problem } from './hcl/ast.ts';
import {
  type Attributes,
  attributesOf,
  type LabelledBlock,
  objectsOf,
  plainOf,
  textOf,
  textsOf,
  unknownKeys,
} from './hcl/value.ts';
import { withoutOpenBao } from './openbao.ts';
import { DENIED, type Parameters, type Permissions, unionOfEventTypes } from './permissions.ts';
import { parseTemplate, type Template } from './template.ts';

export interface PathRule {
  /** As written. */
  readonly path: string;
  readonly line: number;
  readonly template: Template;
  readonly permissions: Permissions;
  /** What OpenBao knows and Carillon passes over. */
  readonly passedOver: readonly string[];
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

export function readPathRule({ label, body }: LabelledBlock): PathRule | Problem {
  const path = label.name;
  const template = parseTemplate(path);
  if (template === undefined) {
    return new Problem(
      'failed to validate policy templating: unbalanced templating characters',
      label.at,
    );
  }
  const { own, passedOver, problem } = withoutOpenBao(body);
  const permissions = path.includes('+*')
    ? new Problem("invalid use of wildcards ('+*' is forbidden)", label.at)
    : (problem ?? unknownKeys(own, ATTRIBUTES) ?? readPermissions(own));
  if (permissions instanceof Problem) {
    return new Problem(`path ${quote(path)}: ${permissions.message}`, permissions.at);
  }
  return { path, line: label.at.line, template, permissions, passedOver };
}

function readPermissions(body: LabelledBlock['body']): Permissions | Problem {
  const attributes = attributesOf({
    ...body,
    members: body.members.filter(({ keys }) => keys[0].name !== 'comment'),
  });
  if (attributes instanceof Problem) return attributes;
  const capabilities = readCapabilities(attributes);
  if (capabilities instanceof Problem) return capabilities;
  const lists = readLists(attributes);
  if (lists instanceof Problem) return lists;
  if (capabilities === DENY) return DENIED;

  const minWrappingTtl = readTtl(attributes, 'min_wrapping_ttl');
  if (minWrappingTtl instanceof Problem) return minWrappingTtl;
  const maxWrappingTtl = readTtl(attributes, 'max_wrapping_ttl');
  if (maxWrappingTtl instanceof Problem) return maxWrappingTtl;
  if (minWrappingTtl !== 0 && maxWrappingTtl !== 0 && maxWrappingTtl < minWrappingTtl) {
    return new Problem('max_wrapping_ttl cannot be less than min_wrapping_ttl', body.at);
  }
  const controlled = guarded(attributes.get('control_group') ?? [], capabilities);
  if (controlled instanceof Problem) return controlled;
  const { mfaMethods, ...parameters } = lists;
  return {
    capabilities,
    withheld: mfaMethods.length > 0 ? ALL : controlled,
    minWrappingTtl,
    maxWrappingTtl,
    ...parameters,
  };
}

function readCapabilities(attributes: Attributes): CapabilitySet | Problem {
  // In JSON it may be given twice. The last one counts, an empty one too.
  let shorthand: { readonly text: string; readonly at: Position } | undefined;
  for (const node of attributes.get('policy') ?? []) {
    const text = textOf(node, 'policy');
    if (text instanceof Problem) return text;
    shorthand = { text, at: node.at };
  }
  let set = NONE;
  if (shorthand !== undefined && shorthand.text !== '') {
    const { text, at } = shorthand;
    if (!Object.hasOwn(SHORTHANDS, text)) return new Problem(`invalid policy ${quote(text)}`, at);
    set = SHORTHANDS[text] ?? NONE;
  }
  const names = textsOf(attributes, 'capabilities');
  if (names instanceof Problem) return names;
  if ((set & DENY) !== 0) return DENY;
  for (const { text, at } of names) {
    if (text === 'deny') return DENY;
    if (!isCapability(text)) return new Problem(`invalid capability ${quote(text)}`, at);
    set |= setOf(text);
  }
  return set;
}

type Lists = Pick<Permissions, 'allowed' | 'denied' | 'required' | 'eventTypes'> & {
  readonly mfaMethods: readonly string[];
};

function readLists(attributes: Attributes): Lists | Problem {
  const allowed = readParameters(attributes, 'allowed_parameters');
  if (allowed instanceof Problem) return allowed;
  const denied = readParameters(attributes, 'denied_parameters');
  if (denied instanceof Problem) return denied;
  const required = textsOf(attributes, 'required_parameters');
  if (required instanceof Problem) return required;
  const globs = textsOf(attributes, 'subscribe_event_types');
  if (globs instanceof Problem) return globs;
  const mfaMethods = textsOf(attributes, 'mfa_methods');
  if (mfaMethods instanceof Problem) return mfaMethods;
  return {
    allowed,
    denied,
    required: required.map(({ text }) => text),
    eventTypes: unionOfEventTypes(
      globs.map(({ text }) => ({ glob: text, matches: compileGlob(text) })),
    ),
    mfaMethods: mfaMethods.map(({ text }) => text),
  };
}

function readParameters(attributes: Attributes, name: string): Parameters | Problem {
  const parameters = new Map<string, JsonValue[]>();
  const written = new Map<string, string>();
  for (const node of attributes.get(name) ?? []) {
    const objects = objectsOf(node);
    if (objects === undefined || objects.length === 0) {
      return new Problem(`"${name}" must be an object of lists`, node.at);
    }
    for (const { keys, value } of objects.flatMap(({ members }) => members)) {
      const [key] = keys;
      if (value.kind !== 'list' || keys.length > 1) {
        return new Problem(`"${name}" must be an object of lists`, key.at);
      }
      const parameter = key.name.toLowerCase();
      const before = written.get(parameter) ?? key.name;
      if (before !== key.name) {
        const both = `${quote(before)} and ${quote(key.name)}`;
        return new Problem(`"${name}" has ${both}, which are one parameter`, key.at);
      }
      written.set(parameter, key.name);
      const values = parameters.get(parameter) ?? [];
      for (const item of value.items) values.push(plainOf(item));
      parameters.set(parameter, values);
    }
  }
  return parameters;
}

function readTtl(attributes: Attributes, name: string): number | Problem {
  let seconds = 0;
  for (const node of attributes.get(name) ?? []) {
    const read = secondsOf(node);
    if (read === undefined) return new Problem(`error parsing ${name}: not a duration`, node.at);
    seconds = read;
  }
  return seconds;
}
