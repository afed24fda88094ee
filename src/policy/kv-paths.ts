/** Finds rules for events of kv version 2 that have a path of version 1, as the example in Vault's documentation has. */
import { CATALOG } from '../event/catalog.ts';
import { compileGlob } from '../event/glob.ts';
import type { EventTypeGlob, Permissions } from './permissions.ts';

/** What follows the mount in the path of an event of kv version 2. */
const KV_V2_SECTIONS = new Set(['config', 'data', 'delete', 'destroy', 'metadata', 'undelete']);
const DEFAULT_KV_MOUNT = /^(?:secret|kv)/;

/**
 * The path that a rule for events of kv version 2 should have; undefined if its path can match such an event, or if it
 * is for other events. A `+` can match `data`, and so can a trailing `*`, except below a directory of `secret/` or
 * `kv/`, which are mounts by convention.
 */
export function kvV2PathOf({
  path,
  permissions,
}: {
  readonly path: string;
  readonly permissions: Permissions;
}): string | undefined {
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
