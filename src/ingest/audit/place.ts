/**
 * Where a request belongs: its mount, and what follows it in the path. Vault writes `mount_point` from
 * 1.12.6 and 1.13.2 on, and OpenBao always; for older servers the path has to tell.
 */
import { quote } from '../../lib/quote.ts';
import { withSlash } from '../../namespace/namespace.ts';
import type { AuditSettings } from './reading.ts';

const LDAP = new Set([
  'config',
  'creds',
  'library',
  'role',
  'rotate-role',
  'rotate-root',
  'static-role',
]);

/** The first segments below a mount that make events, by the type of the mount. */
const SECTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  kv: new Set(['config', 'data', 'metadata', 'delete', 'undelete', 'destroy']),
  database: new Set([
    'config',
    'creds',
    'reload',
    'reset',
    'roles',
    'rotate-role',
    'rotate-root',
    'static-creds',
    'static-roles',
  ]),
  ldap: LDAP,
  openldap: LDAP,
};
const SYSTEM = 'sys/';
const LEASE = /^sys\/(?:leases\/)?(?:renew|revoke)/;

/** Why the events of an older server cannot be told; the same for each, so that it is said once. */
export const NO_MOUNT_POINT =
  'the audit entry has no request.mount_point (Vault writes mount_point from 1.12.6 and 1.13.2 on); tell the source the kv mounts of this server in "mounts"';

export interface Placing {
  readonly engine: string;
  readonly namespace: string;
  readonly operation: string;
  readonly failed: boolean;
  readonly path: string;
  /** Undefined in entries of older servers. */
  readonly mountPoint: string | undefined;
}

export type Place = { readonly mount: string; readonly below: string };

/** Undefined if the entry can be no event, wherever its mount is. */
export function placeOf(
  placing: Placing,
  mounts: AuditSettings['mounts'],
): Place | { readonly dropped: string } | undefined {
  const { path, mountPoint } = placing;
  const mount = mountPoint === undefined ? mountOf(placing, mounts) : withoutNamespace(placing);
  if (mount?.endsWith('/') && path.startsWith(mount)) {
    return { mount, below: path.slice(mount.length) };
  }
  if (!couldBeEvent(placing)) return undefined;
  return {
    dropped:
      mountPoint === undefined
        ? NO_MOUNT_POINT
        : `request.path ${quote(path)} is not below the mount point ${quote(mountPoint)}`,
  };
}

/** The mount point begins with the path of the namespace, the request's path does not. */
function withoutNamespace({ mountPoint = '', namespace }: Placing): string {
  const prefix = withSlash(namespace);
  return mountPoint.startsWith(prefix) ? mountPoint.slice(prefix.length) : mountPoint;
}

/** The longest mount that the settings tell, else what stands before the first segment that makes events. */
function mountOf(
  { engine, namespace, path }: Placing,
  mounts: AuditSettings['mounts'],
): string | undefined {
  const sections = SECTIONS[engine];
  if (sections === undefined) return SYSTEM;
  if (engine === 'kv') {
    const prefix = withSlash(namespace);
    const told = [...mounts.keys()]
      .filter((mount) => mount.startsWith(prefix) && path.startsWith(mount.slice(prefix.length)))
      .map((mount) => mount.slice(prefix.length))
      .filter((mount) => mount !== '')
      .sort((a, b) => b.length - a.length)[0];
    if (told !== undefined) return told;
  }
  const segments = path.split('/');
  const section = segments.findIndex((segment, index) => index > 0 && sections.has(segment));
  return section === -1 ? undefined : `${segments.slice(0, section).join('/')}/`;
}

function couldBeEvent({ engine, failed, operation, path }: Placing): boolean {
  const sections = SECTIONS[engine];
  if (sections === undefined) return !failed && LEASE.test(path);
  if (engine === 'kv') return !failed && operation !== 'read';
  return path.split('/').some((segment) => sections.has(segment));
}
