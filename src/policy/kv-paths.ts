/**
 * Finds rules for events of kv version 2 that have the path of only some of these events, or one of version 1, as the
 * example in Vault's documentation has.
 */
import { CATALOG } from '../event/catalog.ts';
import { compileGlob } from '../event/glob.ts';
import { quote } from '../lib/quote.ts';
import { MAX_ADVISED_RULES } from './limits.ts';
import type { EventTypeGlob, Permissions } from './permissions.ts';

/** What follows the mount in the path of an event of kv version 2. */
const KV_V2_SECTIONS = new Set(['config', 'data', 'delete', 'destroy', 'metadata', 'undelete']);
const DEFAULT_KV_MOUNT = /^(?:secret|kv)/;

/** The types whose events have the path of a secret, each with its section. */
const SECRET_TYPES = [...CATALOG.keys()].flatMap((type) => {
  const section = /^kv-v2\/(?!config)([a-z]+)/.exec(type)?.[1];
  return section === undefined ? [] : [{ type, section }];
});

/** What advice is about: a rule of a policy, or of all policies of a token. */
interface KvRule {
  readonly path: string;
  readonly permissions: Permissions;
}

/**
 * Advice about rules that grant types of kv version 2 for a path that events of these types do not have, if no other rule
 * covers that path: `secret/data/app` is not the path of `kv-v2/delete`, and `secret/app` is that of no event.
 *
 * @param isMissed whether no rule says anything about an event of this path and type
 */
export function adviceOnKvTypes(
  rules: readonly KvRule[],
  pattern: string,
  isMissed: (path: string, type: string) => boolean,
): string[] {
  const matches = compileGlob(pattern);
  const advice = new Set<string>();
  for (const { path, permissions } of rules.slice(0, MAX_ADVISED_RULES)) {
    const { eventTypes } = permissions;
    const inSection = sectionSetter(path);
    if (inSection === undefined || !isForKvV2(eventTypes, path)) continue;
    const missed = SECRET_TYPES.filter(
      ({ type, section }) =>
        matches(type) &&
        eventTypes.some((glob) => glob.matches(type)) &&
        isMissed(inSection(section).replace(/(?<=\/)\+|\*$/g, 'x'), type),
    );
    const [first] = missed;
    if (first === undefined) continue;
    const types = missed.map(({ type }) => type).join(', ');
    advice.add(
      `receives no event of ${types}, because the path of ${first.type} is ${quote(inSection(first.section))}: add ${quote(inSection('+'))}`,
    );
  }
  return [...advice];
}

/**
 * Makes paths of events of kv version 2 from that of a rule; undefined if the rule is for all sections already. A `+` can
 * stand for a section, and so can a trailing `*`, except below a directory of `secret/` or `kv/`, which are mounts by
 * convention.
 */
function sectionSetter(path: string): ((section: string) => string) | undefined {
  const segments = path.replace(/^\//, '').split('/');
  const [mount = '', ...below] = segments;
  if (!below.some(Boolean) || path.includes('{{') || mount === 'sys') return undefined;
  const isOpen = below.length === 1 || !/^(?:secret|kv)$/.test(mount);
  const at = below.findIndex((segment, index) =>
    couldBeSection(segment, isOpen && index === below.length - 1),
  );
  const hasSection = KV_V2_SECTIONS.has(below[at] ?? '');
  if ((at !== -1 && !hasSection) || (hasSection && !below[at + 1])) return undefined;
  return (section) =>
    segments.toSpliced(hasSection ? at + 1 : 1, hasSection ? 1 : 0, section).join('/');
}

function couldBeSection(segment: string, isOpen: boolean): boolean {
  if (segment === '+' || KV_V2_SECTIONS.has(segment)) return true;
  if (!isOpen || !segment.endsWith('*')) return false;
  const stem = segment.slice(0, -1);
  return [...KV_V2_SECTIONS].some((section) => section.startsWith(stem));
}

/** Whether the globs match, in the catalog, no types but those of kv, or the mount is one of kv by convention. */
function isForKvV2(globs: readonly EventTypeGlob[], path: string): boolean {
  return (
    DEFAULT_KV_MOUNT.test(path.replace(/^\//, '')) ||
    [...CATALOG.keys()].every(
      (type) => type.startsWith('kv-') || !globs.some(({ matches }) => matches(type)),
    )
  );
}
