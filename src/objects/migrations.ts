/**
 * The schema of an object's storage, as numbered migrations: each runs once, in order, and all of those that are
 * missing run in one transaction. A migration that was released never changes; a change is the next migration.
 *
 * The version is stored as a key-value entry, because a hub that was released keeps entries and no tables.
 */

import {
  failedMigration,
  newerSchema,
  storageFailureOf,
  unversionedSchema,
} from './storage-failure.ts';

export interface Migration {
  /** Creates or alters tables. */
  readonly tables: (sql: SqlStorage) => void;
  /** Rewrites the key-value entries whose format changed. */
  readonly entries?: (kv: DurableObjectStorage['kv']) => void;
}

/** The first migration makes version 1. */
export type Schema = readonly Migration[];

export const VERSION_KEY = 'schema_version';

/**
 * Brings the storage to the newest version of the schema. Entries without tables are those of a released hub: its
 * tables are created from the start, and its entries are migrated from their own version.
 *
 * @param object as messages to people name it
 * @throws if this release cannot read the storage; nothing was changed then
 */
export function migrate(storage: DurableObjectStorage, schema: Schema, object: string): void {
  const { sql, kv } = storage;
  const found = readableVersion(storage, schema, object);
  const created = hasTables(sql);
  if (created && found === schema.length) return;
  try {
    storage.transactionSync(() => {
      for (const [index, { tables, entries }] of schema.entries()) {
        const isNew = index >= found;
        if (isNew || !created) tables(sql);
        if (isNew) entries?.(kv);
      }
      kv.put(VERSION_KEY, schema.length);
    });
  } catch (error) {
    // What is damaged, or full, is no fault of the migration.
    if (storageFailureOf(error) !== undefined) throw error;
    throw failedMigration(object, schema.length, error);
  }
}

/**
 * Only reads.
 *
 * @returns the version of what is stored; 0 for nothing
 * @throws if this release cannot read it
 */
export function readableVersion(
  { sql, kv }: DurableObjectStorage,
  { length }: Schema,
  object: string,
): number {
  const found = kv.get<number>(VERSION_KEY) ?? 0;
  if (found > length) throw newerSchema(object, found, length);
  if (found === 0 && hasTables(sql)) throw unversionedSchema(object);
  return found;
}

/** Whether tables were created. Only reads. */
export function hasTables(sql: SqlStorage): boolean {
  const tables =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' LIMIT 1";
  return sql.exec(tables).toArray().length > 0;
}
