/** Requests to kv mounts of either version. An entry calls both `kv`. */
import { withSlash } from '../../namespace/namespace.ts';
import { type Told, toldOf } from './event-draft.ts';
import { type AuditSettings, IGNORED, type Reading } from './reading.ts';
import type { AuditedRequest } from './request.ts';
import { versionList, versionNumber } from './versions.ts';

type Operations = Readonly<Record<string, string>>;

/** What the event of an operation is called. */
const V1: Operations = { create: 'write', update: 'write', delete: 'delete' };

/** The same for version 2, by the first segment below the mount. */
const V2 = new Map<string, Operations>([
  ['config', { create: 'config-write', update: 'config-write' }],
  [
    'data',
    { create: 'data-write', update: 'data-write', patch: 'data-patch', delete: 'data-delete' },
  ],
  [
    'metadata',
    {
      create: 'metadata-write',
      update: 'metadata-write',
      patch: 'metadata-patch',
      delete: 'metadata-delete',
    },
  ],
  ['undelete', { create: 'undelete', update: 'undelete' }],
  ['delete', { create: 'delete', update: 'delete' }],
  ['destroy', { create: 'destroy', update: 'destroy' }],
]);

/** Version 2 does not ask whether anything is there, and so never calls it `create`. */
const NEVER_CREATED = new Set(['config', 'undelete', 'delete', 'destroy']);

export function kvReading(request: AuditedRequest, { mounts }: AuditSettings): Reading<Told> {
  const { below, failed, mount, namespace, operation } = request;
  if (failed) return IGNORED;
  const { section, key } = partsOf(below);
  const v2 = (key === '') === (section === 'config') ? V2.get(section)?.[operation] : undefined;
  const told = mounts.get(withSlash(namespace) + mount);
  // A path that version 2 does not have, or has for other operations, is a key of version 1.
  const isV2 = v2 !== undefined && !(operation === 'create' && NEVER_CREATED.has(section));
  if ((told ?? (isV2 ? 2 : 1)) === 2) {
    return v2 === undefined ? IGNORED : toldOfV2(request, v2, told === 2);
  }
  const v1 = below === '' ? undefined : V1[operation];
  if (v1 === undefined) return IGNORED;
  const path = mount + below;
  return {
    events: [toldOf('kv-v1', v1, path, { data_path: v1 === 'delete' ? undefined : path })],
  };
}

function toldOfV2(request: AuditedRequest, name: string, isCertain: boolean): Reading<Told> {
  const { answered, below, mount } = request;
  const path = mount + below;
  const more = (): Readonly<Record<string, string | undefined>> => {
    switch (name) {
      case 'data-write':
      case 'data-patch':
        return { data_path: path, current_version: versionNumber(answered?.version)?.toString() };
      case 'undelete':
        return {
          data_path: `${mount}data/${partsOf(below).key}`,
          undeleted_versions: versionsOf(request, isCertain),
        };
      case 'delete':
        return { deleted_versions: versionsOf(request, isCertain) };
      case 'destroy':
        return { destroyed_versions: versionsOf(request, isCertain) };
      case 'data-delete':
      case 'metadata-delete':
        return {};
      default:
        return { data_path: path };
    }
  };
  return { events: [{ ...toldOf('kv-v2', name, path, more()), mountVersion: '2' }] };
}

/**
 * The versions in the data of a request, unless that may be a secret of version 1 whose key begins as paths
 * of version 2 do: numbers are never hashed.
 */
function versionsOf({ sent }: AuditedRequest, isCertain: boolean): string | undefined {
  return isCertain || Object.keys(sent).length === 1 ? versionList(sent.versions) : undefined;
}

function partsOf(below: string): { section: string; key: string } {
  const slash = below.indexOf('/');
  return slash === -1
    ? { section: below, key: '' }
    : { section: below.slice(0, slash), key: below.slice(slash + 1) };
}
