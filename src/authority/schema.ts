/**
 * What an authority stores. `docs/storage.md` says how long each row stays, and how to change this.
 *
 * Beside the tables there are key-value entries: `schema_version`, `closed`, `generation` and `quotas`.
 */

import type { Schema } from '../objects/migrations.ts';

export const AUTHORITY_SCHEMA: Schema = [{ tables: createTables }, { tables: alterTables }];

/** Version 1. */
function createTables(sql: SqlStorage): void {
  sql.exec(
    `-- The tokens of this namespace, by the digest of each.
     CREATE TABLE tokens (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       digest TEXT NOT NULL UNIQUE,
       accessor TEXT NOT NULL UNIQUE,
       parent INTEGER, -- the token that created it
       foreign_parent TEXT, -- the same, if that is a token of a namespace above
       owner TEXT, -- whose share it uses; NULL for its entity, or else itself
       created_at INTEGER NOT NULL,
       expires_at INTEGER,
       renewed_at INTEGER,
       uses_left INTEGER,
       spent_expires_at INTEGER, -- when it expires because its last use was taken
       request TEXT NOT NULL -- policies, metadata, identity and the rest of what it was created with, as JSON
     );
     CREATE INDEX tokens_by_parent ON tokens (parent) WHERE parent IS NOT NULL;
     CREATE INDEX tokens_by_foreign_parent ON tokens (foreign_parent) WHERE foreign_parent IS NOT NULL;
     CREATE INDEX tokens_by_owner ON tokens (owner) WHERE owner IS NOT NULL;
     CREATE INDEX tokens_by_expiry ON tokens (expires_at) WHERE expires_at IS NOT NULL;
     CREATE INDEX tokens_by_spent_expiry ON tokens (spent_expires_at) WHERE spent_expires_at IS NOT NULL;

     -- The namespaces below in which a token of this one has created tokens.
     CREATE TABLE foreign_children (
       parent INTEGER NOT NULL,
       namespace TEXT NOT NULL,
       PRIMARY KEY (parent, namespace)
     ) WITHOUT ROWID;

     -- The tokens of the upstream that have a row in tokens.
     CREATE TABLE adopted_tokens (
       token INTEGER PRIMARY KEY,
       sealed BLOB, -- the token, encrypted; NULL once it was released
       looked_up_at INTEGER NOT NULL,
       due_at INTEGER NOT NULL -- when it is looked up again; once it was released, when the row goes
     );
     CREATE INDEX adopted_tokens_by_due ON adopted_tokens (due_at);

     -- The tickets that were not used yet, by the digest of each.
     CREATE TABLE tickets (
       digest TEXT PRIMARY KEY,
       token INTEGER, -- NULL for the root token
       holder_digest TEXT NOT NULL, -- of the token; for the root token, of ticket and token together
       owner TEXT NOT NULL, -- whose share it uses
       expires_at INTEGER NOT NULL
     ) WITHOUT ROWID;
     CREATE INDEX tickets_by_expiry ON tickets (expires_at);
     CREATE INDEX tickets_by_owner ON tickets (owner);

     -- The policies, as they were written. A version is never used twice.
     CREATE TABLE policies (
       version INTEGER PRIMARY KEY AUTOINCREMENT,
       name TEXT NOT NULL UNIQUE,
       text TEXT NOT NULL
     );

     -- The hubs that are told of changes of a token and its policies.
     CREATE TABLE watches (
       token INTEGER NOT NULL,
       hub TEXT NOT NULL,
       last_notice INTEGER NOT NULL, -- the sequence of the last notice before the watch
       incarnation TEXT NOT NULL, -- of the hub
       PRIMARY KEY (token, hub)
     ) WITHOUT ROWID;

     -- The changes that a hub has not acknowledged: the last one of each token (0: none) and policy ('': none).
     CREATE TABLE notices (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT,
       hub TEXT NOT NULL,
       token INTEGER NOT NULL DEFAULT 0,
       policy TEXT NOT NULL DEFAULT '',
       UNIQUE (hub, token, policy)
     );

     -- The calls to other objects that are not done yet.
     CREATE TABLE jobs (
       kind TEXT NOT NULL,
       target TEXT NOT NULL,
       revision INTEGER NOT NULL, -- raised each time the job is added again
       attempts INTEGER NOT NULL,
       due_at INTEGER NOT NULL,
       PRIMARY KEY (kind, target)
     ) WITHOUT ROWID;
     CREATE INDEX jobs_by_due ON jobs (due_at);

     -- The namespaces directly below.
     CREATE TABLE namespaces (
       name TEXT PRIMARY KEY,
       id TEXT NOT NULL, -- another one for each namespace, also for one with the name of a deleted one
       metadata TEXT NOT NULL -- JSON
     ) WITHOUT ROWID;

     -- The configuration of the auth methods, and their roles, as JSON.
     CREATE TABLE login_settings (
       kind TEXT NOT NULL,
       name TEXT NOT NULL,
       value TEXT NOT NULL,
       PRIMARY KEY (kind, name)
     ) WITHOUT ROWID;

     -- The role ids of AppRole.
     CREATE TABLE role_ids (
       role TEXT PRIMARY KEY,
       role_id TEXT NOT NULL UNIQUE
     ) WITHOUT ROWID;

     -- The secret ids of AppRole, by the digest of each.
     CREATE TABLE secret_ids (
       role TEXT NOT NULL,
       digest TEXT NOT NULL,
       accessor TEXT NOT NULL UNIQUE,
       created_at INTEGER NOT NULL,
       expires_at INTEGER,
       uses_left INTEGER NOT NULL,
       request TEXT NOT NULL, -- JSON
       PRIMARY KEY (role, digest)
     ) WITHOUT ROWID;
     CREATE INDEX secret_ids_by_expiry ON secret_ids (expires_at) WHERE expires_at IS NOT NULL;

     -- The sources of webhooks and audit logs.
     CREATE TABLE sources (
       name TEXT PRIMARY KEY,
       settings TEXT NOT NULL, -- JSON
       sealed_secrets TEXT NOT NULL, -- encrypted
       secret_count INTEGER NOT NULL
     ) WITHOUT ROWID;`,
  );
}

/** Version 2. */
function alterTables(sql: SqlStorage): void {
  createQuotas(sql);
  addReadTokens(sql);
}

/** The read tokens of sources. */
function addReadTokens(sql: SqlStorage): void {
  sql.exec('ALTER TABLE sources ADD COLUMN sealed_read_token TEXT'); // encrypted; NULL for none
}

function createQuotas(sql: SqlStorage): void {
  sql.exec(
    `-- The hubs of this namespace that are told of changes of the quotas.
     CREATE TABLE quota_hubs (
       hub TEXT PRIMARY KEY
     ) WITHOUT ROWID;

     -- What hubs and namespaces use of the quota of this namespace.
     CREATE TABLE quota_use (
       what TEXT NOT NULL, -- 'subscribers', 'sources' or 'retained_bytes'
       holder TEXT NOT NULL, -- the name of a hub; the key of a namespace for sources
       amount INTEGER NOT NULL,
       PRIMARY KEY (what, holder)
     ) WITHOUT ROWID;`,
  );
}
