/**
 * What a dispatcher stores. `docs/storage.md` says how long each row stays, and how to change this.
 *
 * Beside the tables there are key-value entries: `schema_version` and `announcement`.
 */

import type { Schema } from '../../objects/migrations.ts';

export const DISPATCHER_SCHEMA: Schema = [{ tables: createTables }];

/** Version 1. */
function createTables(sql: SqlStorage): void {
  sql.exec(
    `-- The destinations of this Vault namespace.
     CREATE TABLE destinations (
       name TEXT PRIMARY KEY,
       owner TEXT NOT NULL, -- whose share it uses
       state TEXT NOT NULL, -- 'new' until it was first configured, 'kept', 'deleting'
       needs TEXT NOT NULL -- what it wants, and its dead letter, as JSON; while it changes, also what they were before
     ) WITHOUT ROWID;

     -- The destinations that are told later that something is new, and the dispatchers of namespaces above that could not be told.
     CREATE TABLE late_calls (
       kind TEXT NOT NULL, -- 'wake' or 'forward'
       target TEXT NOT NULL, -- the name of the destination, or the key of the namespace above
       attempts INTEGER NOT NULL, -- that failed
       due_at INTEGER NOT NULL,
       PRIMARY KEY (kind, target)
     ) WITHOUT ROWID;

     -- The hubs that have something new for them.
     CREATE TABLE late_hubs (
       kind TEXT NOT NULL,
       target TEXT NOT NULL,
       hub TEXT NOT NULL,
       PRIMARY KEY (kind, target, hub)
     ) WITHOUT ROWID;`,
  );
}
