/** What the head of a region stores of the sockets of its shards, beside the table `returns` of all hubs. */
export function createAdmissionTables(sql: SqlStorage): void {
  sql.exec(
    `-- Since when each shard has its sockets: those before were lost, and nobody saw it.
     CREATE TABLE shard_lives (
       shard INTEGER PRIMARY KEY,
       life INTEGER NOT NULL
     );

     -- The tokens that have many sockets at a shard.
     CREATE TABLE token_sockets (
       authority TEXT NOT NULL,
       token INTEGER NOT NULL, -- its id at the authority
       shard INTEGER NOT NULL,
       sockets INTEGER NOT NULL, -- at least as many as were open at once
       joined_at INTEGER NOT NULL, -- when the last of them joined, within an hour
       PRIMARY KEY (authority, token, shard)
     ) WITHOUT ROWID;`,
  );
}
