/** Events of kv mounts of both versions. Audit entries call both `kv`. */
import { ok, type Result } from '../../lib/result.ts';
import { withSlash } from '../../namespace/namespace.ts';
import { MAX_AUDITED_VERSIONS } from '../limits.ts';
import type { AuditedRequest } from './audited-request.ts';
import { type EventDraft, eventDraft, NO_EVENTS } from './event-draft.ts';
import type { KvVersions } from './mount-path.ts';

/** The names of events, by operation. */
type Operations = Readonly<Record<string, string>>;

const V1: Operations = { create: 'write', update: 'write', delete: 'delete' };

/** By the first segment below the mount. */
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

/** Version 2 does not check whether these exist, so the operation is never `create`. */
const NEVER_CREATED = new Set(['config', 'undelete', 'delete', 'destroy']);

export function kvEvents(
  request: AuditedRequest,
  mounts: KvVersions,
): Result<readonly EventDraft[]> {
  const { below, failed, mount, namespace, operation } = request;
  if (failed) return NO_EVENTS;
  const { section, key } = partsOf(below);
  const v2 = (key === '') === (section === 'config') ? V2.get(section)?.[operation] : undefined;
  const version = mounts.get(withSlash(namespace) + mount);
  // If version 2 has no such path, or not for this operation, the path is a key of version 1.
  const isV2 = v2 !== undefined && !(operation === 'create' && NEVER_CREATED.has(section));
  if ((version ?? (isV2 ? 2 : 1)) === 2) {
    const isCertain = version === 2;
    return v2 === undefined || (isCertain && setsNothing(v2, request))
      ? NO_EVENTS
      : ok([draftOfV2(request, v2, isCertain)]);
  }
  const v1 = below === '' ? undefined : V1[operation];
  if (v1 === undefined) return NO_EVENTS;
  const path = mount + below;
  return ok([eventDraft('kv-v1', v1, path, { data_path: v1 === 'delete' ? undefined : path })]);
}

/** Version 2 accepts settings without a member, and changes nothing. */
function setsNothing(name: string, { sent, isSentUnknown }: AuditedRequest): boolean {
  const isEmpty = isSentUnknown !== true && Object.keys(sent).length === 0;
  return isEmpty && /^(?:config|metadata)-write$/.test(name);
}

/** @param isCertain whether the version of the mount is known */
function draftOfV2(request: AuditedRequest, name: string, isCertain: boolean): EventDraft {
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
  return { ...eventDraft('kv-v2', name, path, more()), mountVersion: '2' };
}

/**
 * The versions in the data of a request. Numbers are never hashed, so they are not taken from what may be a secret of
 * version 1: its key can begin as a path of version 2 does.
 */
function versionsOf({ sent }: AuditedRequest, isCertain: boolean): string | undefined {
  return isCertain || Object.keys(sent).length === 1 ? versionList(sent.versions) : undefined;
}

/** The path at which the server tells about the secret of a request to version 2: `secret/metadata/app`. */
export function metadataPath({ mount, below }: AuditedRequest): string {
  return `${mount}metadata/${partsOf(below).key}`;
}

function partsOf(below: string): { section: string; key: string } {
  const slash = below.indexOf('/');
  return slash === -1
    ? { section: below, key: '' }
    : { section: below.slice(0, slash), key: below.slice(slash + 1) };
}

/**
 * The versions as an event has them (`[1,2]`). A kv mount accepts a list or one version, numbers or strings, and strings
 * with commas. Undefined if there is none, or if one cannot be read because it is hashed: a list without it would be
 * wrong.
 */
function versionList(value: unknown): string | undefined {
  const elements = Array.isArray(value) ? value : [value];
  if (elements.length > MAX_AUDITED_VERSIONS) return undefined;
  const versions = elements
    .flatMap((element) => (typeof element === 'string' ? element.split(',') : [element]))
    .map(versionNumber);
  if (versions.length === 0 || versions.length > MAX_AUDITED_VERSIONS) return undefined;
  return versions.includes(undefined) ? undefined : JSON.stringify(versions);
}

function versionNumber(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined;
}
