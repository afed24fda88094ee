/** The settings of a source for audit entries. */
import type { Fields } from '../../../lib/fields.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { kindOf, quote } from '../../../lib/quote.ts';
import { trimSlashes } from '../../../namespace/namespace.ts';
import { MAX_MOUNTS } from '../../limits.ts';
import { type ReadSettings, readReadSettings } from './read-settings.ts';

export const AUDIT_KEYS = [
  'kind',
  'secrets',
  'namespace',
  'mounts',
  'on_overload',
  'upstream',
  'read',
  'rotations',
];

/** If too much is published: `drop` the event, or `block` the audited request. */
export type OnOverload = 'drop' | 'block';

interface AuditSettings {
  readonly mounts: Readonly<Record<string, 1 | 2>>;
  readonly on_overload: OnOverload;
  readonly upstream?: true;
  readonly read?: ReadSettings;
  readonly rotations?: true;
}

/** `vault write` sends strings. */
const VERSIONS: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  [1, 1],
  ['1', 1],
  [2, 2],
  ['2', 2],
]);

export function isOnOverload(value: unknown): value is OnOverload {
  return value === 'drop' || value === 'block';
}

export function readAuditSettings(fields: Fields): AuditSettings {
  const onOverload = fields.raw('on_overload') ?? 'drop';
  if (!isOnOverload(onOverload)) {
    fields.reject(`on_overload is ${quote(onOverload)}; it must be "drop" or "block"`);
  }
  const read = readReadSettings(fields);
  if (read !== undefined && onOverload === 'block') {
    fields.reject(
      'a source with "read" has "on_overload": "drop": the event waits for the audited server, and with "block" that server would wait for the event',
    );
  }
  return {
    mounts: readMounts(fields),
    on_overload: isOnOverload(onOverload) ? onOverload : 'drop',
    ...readUpstream(fields),
    ...(read && { read }),
    ...(fields.flag('rotations') && { rotations: true }),
  };
}

function readUpstream(fields: Fields): { readonly upstream?: true } {
  if (!fields.flag('upstream')) return {};
  const namespace = fields.raw('namespace') ?? '';
  if (namespace !== '') {
    fields.reject(
      'a source with "upstream" has no "namespace": its namespaces are those of the upstream',
    );
  }
  return { upstream: true };
}

function readMounts(fields: Fields): Record<string, 1 | 2> {
  const mounts = fields.raw('mounts') ?? {};
  if (!isJsonObject(mounts)) {
    fields.reject(`mounts must be an object such as {"secret/": 2}, not ${kindOf(mounts)}`);
    return {};
  }
  const entries = Object.entries(mounts);
  if (entries.length > MAX_MOUNTS) {
    fields.reject(`mounts has ${entries.length} mounts, at most ${MAX_MOUNTS} are allowed`);
    return {};
  }
  const versions: Record<string, 1 | 2> = {};
  for (const [mount, value] of entries) {
    const version = VERSIONS.get(value);
    if (version === undefined) {
      fields.reject(`mounts: the version of ${quote(mount)} must be 1 or 2`);
      continue;
    }
    versions[`${trimSlashes(mount)}/`] = version;
  }
  return versions;
}
