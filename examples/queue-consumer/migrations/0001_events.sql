CREATE TABLE events (source TEXT, id TEXT, type TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (source, id));
