/**
 * Finds rules for events of kv version 2 whose path is one of version 1, as the example in Vault's documentation has, or
 * is only that of some of these events.
 */
import { CATALOG } from '../event/catalog.ts';
import { compileGlob } from '../event/glob.ts';
import { quote } from '../lib/quote.ts';
import type { EventTypeGlob, Permissions } from './permissions.ts';

/** What follows the mount in the path of an event of kv version 2. */
const KV_V2_SECTIONS = new Set(['config', 'data', 'delete', 'destroy', 'metadata', 'undelete']);
const DEFAULT_KV_MOUNT = /^(?:secret|kv)/;

/** Rules that are looked at for the types that they miss: each takes a decision about several paths. */
const MAX_ADVISED_RULES = 32;

/** What advice is about: a rule of a policy, or of all policies of a token. */
interface KvRule {
  readonly path: string;
  readonly permissions: Permissions;
}

/**
 * The path that a rule for events of kv version 2 should have; undefined if its path can match such an event, or if it
 * is for other events. A `+` can match `data`, and so can a trailing `*`, except below a directory of `secret/` or
 * `kv/`, which are mounts by convention.
 */
export function kvV2PathOf({ path, permissions }: KvRule): string | undefined {
  const [mount = '', ...below] = path.replace(/^\//, '').split('/');
  if (below.length === 0 || path.includes('{{') || mount === 'sys') return undefined;
  const isOpen = below.length === 1 || !/^(?:secret|kv)$/.test(mount);
  if (
    below.some((segment, index) => couldBeSection(segment, isOpen && index === below.length - 1))
  ) {
    return undefined;
  }
  if (!isForKvV2(permissions.eventTypes, mount)) return undefined;
  return [mount, 'data', ...below].join('/');
}

function couldBeSection(segment: string, isOpen: boolean): boolean {
  if (segment === '+' || KV_V2_SECTIONS.has(segment)) return true;
  if (!isOpen || !segment.endsWith('*')) return false;
  const stem = segment.slice(0, -1);
  return [...KV_V2_SECTIONS].some((section) => section.startsWith(stem));
}

/** Whether the globs match event types of kv version 2 and, in the catalog, no others than those of kv. */
function isForKvV2(globs: readonly EventTypeGlob[], mount: string): boolean {
  const families = new Set<string>();
  for (const type of CATALOG.keys()) {
    if (globs.some(({ glob }) => compileGlob(glob)(type))) families.add(type.split('/')[0] ?? '');
  }
  if (!families.has('kv-v2')) return false;
  return [...families].every((family) => family.startsWith('kv-')) || DEFAULT_KV_MOUNT.test(mount);
}

/** The advice about a rule whose path is one of version 1. @param path as `kvV2PathOf` returns it */
export function adviceOnKvPath(path: string): string {
  const all = path.replace('/data/', '/+/');
  return `events of kv version 2 have data/, delete/, metadata/ or the like after the mount, as ${quote(path)}; ${quote(all)} stands for all of them`;
}

/** Types of kv version 2 whose events have the path of a secret. */
const SECRET_TYPES = [...CATALOG.keys()].filter(
  (type) => type.startsWith('kv-v2/') && type !== 'kv-v2/config-write',
);

/**
 * Advice about rules that grant types of kv version 2 for a path that events of these types do not have, if no other rule
 * covers that path: `secret/data/app` is not the path of `kv-v2/delete`.
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
    const segments = path.replace(/^\//, '').split('/');
    const at = segments.findIndex((segment, index) => index > 0 && KV_V2_SECTIONS.has(segment));
    const hasSecret = at > 0 && segments.slice(at + 1).join('') !== '';
    if (!hasSecret || path.includes('{{') || !isForKvV2(permissions.eventTypes, segments[0] ?? ''))
      continue;
    const missed = SECRET_TYPES.filter(
      (type) =>
        matches(type) &&
        permissions.eventTypes.some((glob) => glob.matches(type)) &&
        isMissed(segments.with(at, sectionOf(type)).map(sampleOf).join('/'), type),
    );
    const [first] = missed;
    if (first === undefined) continue;
    const pathOfFirst = segments.with(at, sectionOf(first)).join('/');
    advice.add(
      `receives no event of ${missed.join(', ')}, because the path of ${first} is ${quote(pathOfFirst)}: add ${quote(segments.with(at, '+').join('/'))}`,
    );
  }
  return [...advice];
}

/** `delete` of `kv-v2/delete`, and `data` of `kv-v2/data-write`. */
function sectionOf(type: string): string {
  return /^kv-v2\/([a-z]+)/.exec(type)?.[1] ?? '';
}

/** A segment that the segment of a rule matches. */
function sampleOf(segment: string): string {
  return segment === '+' ? 'x' : segment.replace(/\*$/, 'x');
}

/**
 * Paths under which rules may have meant an event of kv version 2, and the path of a rule that covers all events of its
 * secret; undefined if the path is none of kv version 2.
 */
export function meantKvPaths(
  path: string,
): { readonly paths: readonly string[]; readonly all: string } | undefined {
  const [mount = '', section = '', ...below] = path.split('/');
  if (below.length === 0 || !KV_V2_SECTIONS.has(section)) return undefined;
  return {
    paths: [[mount, 'data', ...below].join('/'), [mount, ...below].join('/')],
    all: [mount, '+', ...below].join('/'),
  };
}
