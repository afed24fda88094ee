/**
 * What a destination stores. `docs/storage.md` says how long each row stays, and how to change this.
 *
 * Beside the tables there are key-value entries: `schema_version`, `settings`, `secrets`, `paused`, `backlog` and `reading_since`.
 */

import type { Schema } from '../objects/migrations.ts';
import { createReadingTables } from './reading/tables.ts';

export const DESTINATION_SCHEMA: Schema = [{ tables: createTables }];

/** Version 1. */
function createTables(sql: SqlStorage): void {
  createReadingTables(sql);
  sql.exec(
    `-- The last attempts, in a ring.
     CREATE TABLE attempts (
       slot INTEGER PRIMARY KEY, -- the number modulo how many are stored
       number INTEGER NOT NULL, -- counted from 1
       at INTEGER NOT NULL,
       batch TEXT NOT NULL,
       attempt INTEGER NOT NULL, -- at this batch, counted from 1
       events INTEGER NOT NULL,
       result TEXT NOT NULL,
       status INTEGER,
       duration_ms INTEGER NOT NULL,
       answer TEXT NOT NULL, -- the beginning, without secrets
       totals TEXT NOT NULL -- what was counted since the destination was created, up to this attempt, as JSON
     );`,
  );
}
