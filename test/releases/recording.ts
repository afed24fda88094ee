/**
 * Recordings of releases: the data folder that a release left behind, compressed, what it was built of, and what is in
 * it. A recording is made once, when the release is made, and never changes.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const RELEASES = fileURLToPath(new URL('../fixtures/releases', import.meta.url));

/** What a data folder has beside its databases, as far as it is of use elsewhere. */
const SMALL_FILES = ['format', 'source-key'];
const DATABASES = 'durable-objects';

/** What was recorded, and what is to be found. A member that a release does not have came later. */
export interface Recording {
  readonly release: string;
  /** Unix milliseconds: what the clock of the recording said at its end. */
  readonly recordedAt: number;
  readonly rootToken: string;
  readonly tokens: {
    /** A token that root made, its accessor and the names of its policies. */
    readonly reader: {
      readonly token: string;
      readonly accessor: string;
      readonly policies: string[];
    };
    readonly parent: string;
    readonly childOfParent: string;
    /** The same, in the namespace `team`. */
    readonly childInTeam: string;
    readonly revoked: string;
    /** Has three uses left. */
    readonly counted: string;
    /** Of the namespace `team`. */
    readonly inTeam: string;
    /** Of the upstream. */
    readonly adopted: string;
  };
  /** Texts, by name. */
  readonly policies: Readonly<Record<string, string>>;
  readonly appRole: { readonly role_id: string; readonly secret_id: string };
  /** The private key of the issuer, in PKCS #8. */
  readonly issuerKey: string;
  /** Of `reader`, not used yet. */
  readonly ticket: string;
  readonly source: { readonly name: string; readonly secret: string };
  /** The event-type namespaces that have events, in root. */
  readonly hubs: readonly string[];
  /** Every event that there was, in order, by the pattern of a subscription that gets it. */
  readonly events: Readonly<Record<string, readonly string[]>>;
  /** A cursor in the middle, by the same pattern, and the ids of what follows it. */
  readonly cursors: Readonly<
    Record<string, { readonly cursor: string; readonly next: readonly string[] }>
  >;
  /** Of a hub whose events have expired, and that was released. */
  readonly released: { readonly eventType: string; readonly cursor: string };
}

/** The recorded releases, by name. */
export function recordedReleases(): string[] {
  return existsSync(RELEASES) ? readdirSync(RELEASES).sort() : [];
}

export function readRecording(release: string): Recording {
  return JSON.parse(readFileSync(join(RELEASES, release, 'recording.json'), 'utf8')) as Recording;
}

/** What a release was built of. */
export function recordedBundle(release: string): {
  readonly code: string;
  readonly config: string;
} {
  const folder = join(RELEASES, release);
  return {
    code: gunzipSync(readFileSync(join(folder, 'worker.js.gz'))).toString(),
    config: readFileSync(join(folder, 'wrangler.toml'), 'utf8'),
  };
}

/** Puts a recording in the place of an earlier one of the same release. @param data the folder of a stopped server */
export function writeRecording(
  recording: Recording,
  data: string,
  bundle: { readonly code: string; readonly config: string },
): void {
  const folder = join(RELEASES, recording.release);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'recording.json'), `${JSON.stringify(recording, null, 2)}\n`);
  writeFileSync(join(folder, 'worker.js.gz'), compressed(bundle.code));
  writeFileSync(join(folder, 'wrangler.toml'), bundle.config);
  for (const name of SMALL_FILES) cpSync(join(data, name), join(folder, 'data', name));
  for (const path of databasesBelow(data)) {
    // So that all is in one file: what was written last stands in a log beside it.
    new DatabaseSync(path).exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const target = join(folder, 'data', `${relative(data, path)}.gz`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, compressed(readFileSync(path)));
  }
}

/** A ticket is good for a minute, so that it is still good when the server has started, times are a little late. */
const SLACK_MS = 60_000;

/** Makes a data folder of a recording, as if its server had been stopped just now. */
export function unpackRecording({ release, recordedAt }: Recording, data: string): void {
  const folder = join(RELEASES, release, 'data');
  for (const name of SMALL_FILES) {
    cpSync(join(folder, name), join(data, name));
    chmodSync(join(data, name), 0o600);
  }
  const packed = readdirSync(join(folder, DATABASES), { recursive: true, encoding: 'utf8' });
  for (const name of packed.filter((each) => each.endsWith('.gz'))) {
    const path = join(data, DATABASES, name.slice(0, -'.gz'.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, gunzipSync(readFileSync(join(folder, DATABASES, name))));
    moveTimes(path, Date.now() - recordedAt + SLACK_MS);
  }
}

/** Times are stored in columns whose names end with `_at`. */
function moveTimes(path: string, milliseconds: number): void {
  const database = new DatabaseSync(path);
  const columns = database
    .prepare(
      `SELECT tables.name AS "table", columns.name AS "column"
       FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
       WHERE tables.type = 'table' AND tables.name NOT GLOB '_cf_*' AND columns.name GLOB '*_at'`,
    )
    .all() as { table: string; column: string }[];
  for (const { table, column } of columns) {
    // What never was, or is to be at once, is 0.
    const move = `UPDATE ${table} SET ${column} = ${column} + ? WHERE ${column} > 0`;
    database.prepare(move).run(milliseconds);
  }
  database.close();
}

function databasesBelow(data: string): string[] {
  return readdirSync(join(data, DATABASES), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sqlite'))
    .map((name) => join(data, DATABASES, name));
}

function compressed(content: string | Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}
