/**
 * Splits the path of an audited request at its mount. OpenBao writes `mount_point`, and Vault does from 1.12.6 and
 * 1.13.2 on. For older servers the mount follows from the path.
 */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { withSlash } from '../../namespace/namespace.ts';

/** The versions of kv mounts, by namespace path and mount path: `secret/` or `ns1/secret/`. */
export type KvMounts = ReadonlyMap<string, 1 | 2>;

/** What tells the version of a kv mount, by namespace path and mount path. */
export type KvVersions = Pick<KvMounts, 'get'>;

const LDAP = new Set([
  'config',
  'creds',
  'library',
  'role',
  'rotate-role',
  'rotate-root',
  'static-role',
]);

/** The first segments below a mount that make events, by type of the mount. */
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

/** Why events of an older server are dropped. The text is the same for each, so that it is logged once. */
export const NO_MOUNT_POINT =
  'the audit entry has no request.mount_point (Vault writes mount_point from 1.12.6 and 1.13.2 on); tell the source the kv mounts of this server in "mounts"';

interface RequestPath {
  readonly engine: string;
  readonly namespace: string;
  readonly operation: string;
  readonly failed: boolean;
  readonly path: string;
  /** Undefined in entries of older servers. */
  readonly mountPoint: string | undefined;
}

interface MountPath {
  readonly mount: string;
  readonly below: string;
}

/** @returns undefined if the entry can be no event, whatever its mount is */
export function splitAtMount(
  request: RequestPath,
  mounts: KvMounts,
): Result<MountPath | undefined> {
  const { path, mountPoint } = request;
  const mount = mountPoint === undefined ? guessMount(request, mounts) : withoutNamespace(request);
  if (mount?.endsWith('/') && path.startsWith(mount)) {
    return ok({ mount, below: path.slice(mount.length) });
  }
  if (!canBeEvent(request)) return ok(undefined);
  return invalid(
    mountPoint === undefined
      ? NO_MOUNT_POINT
      : `request.path ${quote(path)} is not below the mount point ${quote(mountPoint)}`,
  );
}

/** The mount point begins with the path of the namespace. The path of the request does not. */
function withoutNamespace({ mountPoint = '', namespace }: RequestPath): string {
  const prefix = withSlash(namespace);
  return mountPoint.startsWith(prefix) ? mountPoint.slice(prefix.length) : mountPoint;
}

/** The longest configured mount, else the path before the first segment that makes events. */
function guessMount(
  { engine, namespace, path }: RequestPath,
  mounts: KvMounts,
): string | undefined {
  const sections = SECTIONS[engine];
  if (sections === undefined) return SYSTEM;
  if (engine === 'kv') {
    const prefix = withSlash(namespace);
    const configured = [...mounts.keys()]
      .filter((mount) => mount.startsWith(prefix) && path.startsWith(mount.slice(prefix.length)))
      .map((mount) => mount.slice(prefix.length))
      .filter((mount) => mount !== '')
      .sort((a, b) => b.length - a.length)[0];
    if (configured !== undefined) return configured;
  }
  const segments = path.split('/');
  const section = segments.findIndex((segment, index) => index > 0 && sections.has(segment));
  return section === -1 ? undefined : `${segments.slice(0, section).join('/')}/`;
}

function canBeEvent({ engine, failed, operation, path }: RequestPath): boolean {
  const sections = SECTIONS[engine];
  if (sections === undefined) return !failed && LEASE.test(path);
  if (engine === 'kv') return !failed && operation !== 'read';
  return path.split('/').some((segment) => sections.has(segment));
}
