/**
 * The event types that Vault documents: their metadata keys, and the release that introduced them. Other types may be
 * published as well. An event of a catalogued type must have the keys.
 */

import { nearest } from '../lib/nearest.ts';
import { eventTypeNamespace } from './event-type.ts';

export interface CataloguedType {
  readonly plugin: string;
  /** The keys that every event of the type has. An event may have more. */
  readonly metadata: readonly string[];
  /** The Vault release that introduced the type. */
  readonly since: string;
}

interface Family extends CataloguedType {
  readonly prefix: string;
  readonly names: readonly string[];
}

const FAMILIES = [
  {
    plugin: 'kv',
    prefix: 'kv-v1',
    since: '1.13',
    metadata: ['modified', 'operation', 'path'],
    names: ['delete'],
  },
  {
    plugin: 'kv',
    prefix: 'kv-v1',
    since: '1.13',
    metadata: ['data_path', 'modified', 'operation', 'path'],
    names: ['write'],
  },
  {
    plugin: 'kv',
    prefix: 'kv-v2',
    since: '1.13',
    metadata: ['modified', 'operation', 'path'],
    names: ['data-delete', 'delete', 'destroy', 'metadata-delete'],
  },
  {
    plugin: 'kv',
    prefix: 'kv-v2',
    since: '1.13',
    metadata: ['data_path', 'modified', 'operation', 'path'],
    names: [
      'config-write',
      'data-patch',
      'data-write',
      'metadata-patch',
      'metadata-write',
      'undelete',
    ],
  },
  {
    plugin: 'database',
    prefix: 'database',
    since: '1.16',
    metadata: ['modified', 'name', 'operation', 'path'],
    names: [
      'config-delete',
      'config-write',
      'creds-create',
      'reset',
      'role-create',
      'role-delete',
      'role-update',
      'root-rotate',
      'root-rotate-fail',
      'rotate',
      'rotate-fail',
      'static-creds-create',
      'static-creds-create-fail',
      'static-role-create',
      'static-role-delete',
      'static-role-update',
    ],
  },
  {
    plugin: 'database',
    prefix: 'database',
    since: '1.16',
    metadata: ['modified', 'operation', 'path', 'plugin_name'],
    names: ['reload'],
  },
  {
    plugin: 'database',
    prefix: 'database',
    since: '1.19',
    metadata: ['modified', 'name', 'operation', 'path'],
    names: ['reload-connection', 'reload-connection-fail'],
  },
  {
    plugin: 'ldap',
    prefix: 'ldap',
    since: '1.21',
    metadata: ['modified', 'name', 'operation', 'path'],
    names: [
      'config-delete',
      'config-write',
      'creds-create',
      'creds-create-fail',
      'library-check-in',
      'library-check-out',
      'library-create',
      'library-delete',
      'library-update',
      'role-create',
      'role-delete',
      'role-update',
      'root-rotate',
      'root-rotate-fail',
      'rotate',
      'rotate-fail',
      'static-role-create',
      'static-role-delete',
      'static-role-update',
    ],
  },
  {
    plugin: 'azure',
    prefix: 'azure',
    since: '2.0',
    metadata: ['modified', 'operation', 'path'],
    names: [
      'config-write',
      'creds-create',
      'creds-create-fail',
      'role-create',
      'role-update',
      'rotate',
      'rotate-fail',
      'static-role-update',
    ],
  },
  {
    plugin: 'lease',
    prefix: 'lease',
    since: '2.0',
    metadata: ['lease_id', 'modified', 'operation', 'path'],
    names: ['expired', 'issued', 'renewed', 'revoked'],
  },
] as const satisfies readonly Family[];

type CataloguedFamily = (typeof FAMILIES)[number];
type NamesOf<F extends CataloguedFamily> = `${F['prefix']}/${F['names'][number]}`;

/** The catalog as a type: the metadata keys by event type. */
export type CataloguedMetadata = {
  readonly [F in CataloguedFamily as NamesOf<F>]: F['metadata'][number];
};

/** In alphabetical order. */
export const CATALOG: ReadonlyMap<string, CataloguedType> = new Map(
  FAMILIES.flatMap(({ prefix, names, plugin, metadata, since }) =>
    names.map((name): [string, CataloguedType] => [
      `${prefix}/${name}`,
      { plugin, metadata, since },
    ]),
  ).sort(([a], [b]) => (a < b ? -1 : 1)),
);

const EVENT_TYPE_NAMESPACES = new Set(FAMILIES.map(({ prefix }) => prefix as string));

/**
 * Suggests the catalogued type for a misspelt one of the same event-type namespace.
 *
 * @returns undefined if none is near, or if the type is catalogued
 * @example
 * nearestCatalogued('kv-v2/data-wirte') // 'kv-v2/data-write'
 */
export function nearestCatalogued(eventType: string): string | undefined {
  if (CATALOG.has(eventType) || !EVENT_TYPE_NAMESPACES.has(eventTypeNamespace(eventType)))
    return undefined;
  return nearest(eventType, CATALOG.keys());
}
