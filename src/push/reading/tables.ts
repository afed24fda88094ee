/** What a destination stores of what it reads. `docs/storage.md` says how long each row stays. */

export function createReadingTables(sql: SqlStorage): void {
  sql.exec(
    `-- How far the destination is with the journal of each hub that it knows.
     CREATE TABLE positions (
       hub TEXT PRIMARY KEY,
       epoch TEXT NOT NULL, -- of the journal; empty if it has read nothing
       sequence INTEGER NOT NULL, -- up to this one everything is settled
       last INTEGER NOT NULL, -- the last one of the journal that it knows of
       has_news INTEGER NOT NULL, -- whether there is something to read
       since INTEGER -- it goes on, or back, to what was accepted at this time or later; NULL if it goes on after the sequence
     ) WITHOUT ROWID;

     -- Events that other destinations could not deliver.
     CREATE TABLE handed (
       number INTEGER PRIMARY KEY AUTOINCREMENT,
       id TEXT NOT NULL UNIQUE,
       sender TEXT NOT NULL, -- the name of the destination that could not deliver it
       hub TEXT NOT NULL,
       sequence INTEGER NOT NULL,
       handed_at INTEGER NOT NULL,
       json TEXT NOT NULL -- the frame
     );`,
  );
}
