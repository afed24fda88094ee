/**
 * The schema of an object's storage, as numbered migrations. Each runs once and in order, and all that a storage lacks
 * run in one transaction. A migration never changes after a release: the next change is another one.
 *
 * The version is a key-value entry, because a hub that deletes its tables retains some entries (`lifecycle.ts`).
 */

import { logError } from '../lib/log.ts';
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
 * Migrates the storage to the newest version of the schema. If there are entries and no tables, the tables are created
 * from the first version on, and the entries are migrated from their own version.
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
    // A damaged storage, or a full disk, is not a bug of the migration.
    if (storageFailureOf(error) !== undefined) throw error;
    const failure = failedMigration(object, schema.length);
    logError(failure.message, error);
    throw failure;
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

/** Whether tables were created. Those of the platform, and of `wrangler dev`, do not count. Only reads. */
export function hasTables(sql: SqlStorage): boolean {
  const tables =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB '__miniflare_*' LIMIT 1";
  return sql.exec(tables).toArray().length > 0;
}
