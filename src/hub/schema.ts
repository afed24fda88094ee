/**
 * What hubs and their replicas store. `docs/storage.md` says how long each row stays, and how to change this.
 *
 * Both kinds of hub have the tables of `createCommonTables`, so a change of these is a migration in both lists.
 * `migrations.ts` runs them when the hub is composed (`lifecycle.ts`).
 *
 * Objects also have key-value entries, which `docs/storage.md` lists.
 */

import type { Schema } from '../objects/migrations.ts';
import { createAdmissionTables } from './shards/admission/tables.ts';
import { createWindow } from './shards/at-replica/page-window.ts';

export const HUB_SCHEMA: Schema = [{ tables: createCommonTables }, { tables: createVersion2 }];

export const WILDCARD_HUB_SCHEMA: Schema = [
  {
    tables: (sql) => {
      createCommonTables(sql);
      createFeedTables(sql);
    },
  },
  { tables: createVersion2 },
];

/** What a region head stores. */
export const REGION_HEAD_SCHEMA: Schema = [
  {
    tables: (sql) => {
      createReplicaTables(sql);
      createReturns(sql);
      createReplicas(sql);
      createWindow(sql);
      createAdmissionTables(sql);
    },
  },
];

/** What a shard stores. */
export const SHARD_SCHEMA: Schema = [{ tables: createReplicaTables }];

/** Version 1 of what both kinds of hub store. */
function createCommonTables(sql: SqlStorage): void {
  createRows(sql);
  createSubscriberTables(sql);
}

/** Version 1 of what both kinds of replica store. */
function createReplicaTables(sql: SqlStorage): void {
  createSubscriberTables(sql);
  createSocketEnds(sql);
  addGenerations(sql);
  addHolders(sql);
}

/** The journal of release 0.2. */
function createRows(sql: SqlStorage): void {
  sql.exec(
    `-- The events in the order in which the hub accepted them, each under the key that makes it a duplicate.
     -- A row without json is a gap.
     CREATE TABLE journal (
       sequence INTEGER PRIMARY KEY,
       key TEXT NOT NULL UNIQUE,
       accepted_at INTEGER NOT NULL,
       total_bytes INTEGER NOT NULL, -- of all events up to this one, including trimmed ones
       json TEXT
     );`,
  );
}

/** What is known of subscribers, as release 0.2 stored it. */
function createSubscriberTables(sql: SqlStorage): void {
  sql.exec(
    `-- What the sockets of a class have in common: the subscription and the principal, as JSON. The class is a tag
     -- of its sockets.
     CREATE TABLE subscription_classes (
       class INTEGER PRIMARY KEY AUTOINCREMENT,
       definition TEXT NOT NULL UNIQUE
     );

     -- The carillon.v1 subscribers that lag behind the journal.
     CREATE TABLE lagging_subscribers (
       subscriber TEXT PRIMARY KEY,
       position INTEGER NOT NULL, -- the sequence up to which everything was sent to it
       out_of_credit INTEGER NOT NULL, -- whether it must acknowledge before it is sent more
       progress_at INTEGER NOT NULL -- when it last made progress
     ) WITHOUT ROWID;

     -- The hours in which release 0.2 accepted sockets. Each is a tag of its sockets.
     CREATE TABLE socket_hours (
       hour INTEGER PRIMARY KEY
     );

     -- The authorities that know the tokens of the subscribers.
     CREATE TABLE authorities (
       authority TEXT PRIMARY KEY, -- the key of its namespace
       last_notice INTEGER NOT NULL, -- the sequence of the last notice that was applied
       confirmed_at INTEGER NOT NULL -- as of when the tokens and policies are known
     ) WITHOUT ROWID;

     -- The tokens of the subscribers. The key is a tag of their sockets.
     CREATE TABLE watched_tokens (
       key INTEGER PRIMARY KEY AUTOINCREMENT,
       authority TEXT NOT NULL,
       token INTEGER NOT NULL, -- its id at the authority
       expires_at INTEGER,
       UNIQUE (authority, token)
     );
     CREATE INDEX watched_tokens_by_expiry ON watched_tokens (expires_at) WHERE expires_at IS NOT NULL;

     -- The policies of the subscribers, as their authorities wrote them.
     CREATE TABLE policy_texts (
       authority TEXT NOT NULL,
       name TEXT NOT NULL,
       version INTEGER NOT NULL,
       text TEXT NOT NULL,
       PRIMARY KEY (authority, name)
     ) WITHOUT ROWID;`,
  );
}

/** Version 2 of what both kinds of hub store. */
function createVersion2(sql: SqlStorage): void {
  createSegments(sql);
  createSocketEnds(sql);
  addGenerations(sql);
  addHolders(sql);
  createReturns(sql);
  createReplicas(sql);
}

function createSocketEnds(sql: SqlStorage): void {
  sql.exec(
    `-- The times at which sockets end. Each is a tag of its sockets.
     CREATE TABLE socket_ends (
       ends_at INTEGER PRIMARY KEY
     );`,
  );
}

/** What stock subscribers may follow when they return. `returns/return-record.ts` says what each column has. */
function createReturns(sql: SqlStorage): void {
  sql.exec(
    `CREATE TABLE returns (
       key TEXT PRIMARY KEY, -- a tag of the sockets
       owner TEXT NOT NULL,
       floor INTEGER NOT NULL,
       sockets INTEGER NOT NULL,
       lost INTEGER NOT NULL,
       lost_at INTEGER NOT NULL,
       cuts TEXT NOT NULL,
       due_at INTEGER NOT NULL, -- when the row is looked at again
       shards TEXT NOT NULL -- only at a region head
     ) WITHOUT ROWID;
     CREATE INDEX returns_by_time ON returns (due_at);`,
  );
}

/** The replicas that a hub, or a region head, feeds. A row is written if what it wants changes, or if it falls behind. */
function createReplicas(sql: SqlStorage): void {
  sql.exec(
    `CREATE TABLE replicas (
       name TEXT PRIMARY KEY,
       version INTEGER NOT NULL, -- of its request with this interest
       interest TEXT NOT NULL, -- event types and namespaces, as JSON
       behind INTEGER -- how far it has the journal, if its region head has not waited for it
     ) WITHOUT ROWID;`,
  );
}

/** The generation of an authority, as it last answered: `objects/generation.ts`. */
function addGenerations(sql: SqlStorage): void {
  sql.exec('ALTER TABLE authorities ADD COLUMN generation INTEGER NOT NULL DEFAULT 0');
}

/** So that the holder of a lease need not be looked up. */
function addHolders(sql: SqlStorage): void {
  sql.exec(
    `-- The policies, the identity and the owner of the token, as JSON; NULL if release 0.2 wrote the row.
     ALTER TABLE watched_tokens ADD COLUMN holder TEXT;`,
  );
}

/**
 * The journal as segments. The rows of a hub that has events stay until they
 * are converted (`journal/row-conversion.ts`).
 */
function createSegments(sql: SqlStorage): void {
  sql.exec(
    `-- The events in the order in which the hub accepted them, many in a row. One without a frame is a gap.
     CREATE TABLE segments (
       first INTEGER PRIMARY KEY, -- the sequence of its first event
       count INTEGER NOT NULL,
       first_accepted_at INTEGER NOT NULL,
       last_accepted_at INTEGER NOT NULL,
       total_bytes INTEGER NOT NULL, -- of all events up to its last one, including trimmed ones
       checksum INTEGER NOT NULL, -- of first, count and total_bytes
       fingerprints BLOB NOT NULL, -- of the keys; the header has the key of the hash
       record_index BLOB NOT NULL, -- for each event where its texts end, a checksum and its time
       note TEXT NOT NULL, -- what the hub stores with the newest events, after a checksum
       keys TEXT NOT NULL, -- each makes its event a duplicate of another with the same key
       frames TEXT NOT NULL -- as JSON subscribers get them
     );`,
  );
  const hasEvents = sql.exec('SELECT 1 FROM journal LIMIT 1').toArray().length > 0;
  if (!hasEvents) sql.exec('DROP TABLE journal');
}

/** Version 1 of what only a wildcard hub stores. */
function createFeedTables(sql: SqlStorage): void {
  sql.exec(
    `-- The hubs that have events.
     CREATE TABLE hubs (
       hub TEXT PRIMARY KEY,
       is_own INTEGER NOT NULL, -- whether it belongs to this Vault namespace, and not to one below
       request_version INTEGER NOT NULL, -- of the last feed request to it
       is_feeding INTEGER NOT NULL, -- whether it confirmed that request
       publisher TEXT NOT NULL -- the owner of the token that published its first event; '' if it is unknown
     ) WITHOUT ROWID;

     -- The hubs of this Vault namespace that have subscribers and no events.
     CREATE TABLE hubs_without_events (
       hub TEXT PRIMARY KEY
     ) WITHOUT ROWID;

     -- How far the journal of each hub was copied to this one.
     CREATE TABLE feed_positions (
       hub TEXT PRIMARY KEY,
       epoch TEXT NOT NULL,
       taken INTEGER NOT NULL -- the last sequence
     ) WITHOUT ROWID;

     -- The event types and namespaces of subscriptions whose last subscriber has left and may reconnect, as JSON.
     CREATE TABLE retained_subscriptions (
       wanted TEXT PRIMARY KEY,
       expires_at INTEGER NOT NULL
     ) WITHOUT ROWID;`,
  );
}
