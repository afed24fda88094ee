/**
 * Makes true what a restored authority has stored. Its tokens end, and with them its tickets and secret ids: a token may
 * have been revoked since, and nobody would know. Its policies, logins and sources are those of the past.
 *
 * Numbers that were given since are not given again. So a hub does not confuse a new token with one that it knew.
 */

import { column, scalar } from '../objects/sql.ts';
import type { ChildNamespaces, KeptChild } from './child-namespaces.ts';
import { MAX_KEPT_CHARACTERS } from './limits.ts';
import type { Jobs } from './outbox/jobs.ts';
import { QUOTAS_KEY } from './quotas.ts';

/** More than an authority gives between a state and the restore to it. */
const SKIPPED_NUMBERS = 2 ** 32;

const ENDED_TABLES = [
  'tokens',
  'foreign_children',
  'adopted_tokens',
  'tickets',
  'secret_ids',
  'watches',
  'notices',
];

interface Kept {
  readonly children: readonly KeptChild[];
  /** As they are stored; undefined for none. */
  readonly quotas: unknown;
  /** The hubs that are told of changes of quotas. */
  readonly hubs: readonly string[];
  /** What is used of the own quota. Undefined if that is too long: then it is counted again as it is reserved. */
  readonly use?: readonly QuotaUseRow[];
}

type QuotaUseRow = { readonly what: string; readonly holder: string; readonly amount: number };

interface Parts {
  readonly storage: DurableObjectStorage;
  readonly jobs: Jobs;
  readonly children: ChildNamespaces;
}

export class Renewal {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * What is true before a restore and after it: which namespaces there are below, because their objects are not restored,
   * and the quotas with their use, because a restore may not undo those of the namespaces above. Without metadata, hubs and
   * use, if that is too long.
   */
  kept(): string {
    const { storage, children } = this.#parts;
    const hubs = column<string>(storage.sql, 'SELECT hub FROM quota_hubs');
    const quotas = storage.kv.get(QUOTAS_KEY);
    const use = storage.sql
      .exec<QuotaUseRow>('SELECT what, holder, amount FROM quota_use')
      .toArray();
    const text = JSON.stringify({ children: children.all(), quotas, hubs, use } satisfies Kept);
    if (text.length <= MAX_KEPT_CHARACTERS) return text;
    const named = children.all().map(({ name, id }) => ({ name, id }));
    return JSON.stringify({ children: named, quotas, hubs: [] } satisfies Kept);
  }

  /** To be called in a transaction, before anything is served. @param kept undefined if nothing is known */
  renew(kept: string | undefined): void {
    const { storage, jobs, children } = this.#parts;
    const { sql } = storage;
    const now = Date.now();
    const hubs = column<string>(sql, 'SELECT hub FROM watches UNION SELECT hub FROM notices');
    for (const hub of hubs) jobs.add({ kind: 'notify', hub }, now);
    const made = sql.exec<{ parent: number; namespace: string }>('SELECT * FROM foreign_children');
    for (const each of made.toArray()) jobs.add({ kind: 'revoke', ...each }, now);
    for (const table of ENDED_TABLES) sql.exec(`DELETE FROM ${table}`);
    skipNumbers(sql);
    // A hub that is not there is counted when it gets the next subscriber.
    sql.exec('DELETE FROM quota_use');
    if (kept === undefined) return;
    const present = JSON.parse(kept) as Kept;
    children.replace(present.children);
    if (present.quotas === undefined) storage.kv.delete(QUOTAS_KEY);
    else storage.kv.put(QUOTAS_KEY, present.quotas);
    for (const hub of present.hubs) {
      sql.exec('INSERT OR IGNORE INTO quota_hubs (hub) VALUES (?)', hub);
    }
    for (const { what, holder, amount } of present.use ?? []) {
      sql.exec(
        'INSERT INTO quota_use (what, holder, amount) VALUES (?, ?, ?)',
        what,
        holder,
        amount,
      );
    }
  }
}

/** SQLite remembers the highest number of a table that counts its rows, also after the row has gone. */
function skipNumbers(sql: SqlStorage): void {
  const next = (table: string) =>
    SKIPPED_NUMBERS +
    (scalar<number>(sql, 'SELECT seq FROM sqlite_sequence WHERE name = ?', table) ?? 0);
  const token = next('tokens');
  sql.exec(
    `INSERT INTO tokens (id, digest, accessor, created_at, request) VALUES (?, '', '', 0, '{}')`,
    token,
  );
  sql.exec('DELETE FROM tokens WHERE id = ?', token);
  const policy = next('policies');
  sql.exec(`INSERT INTO policies (version, name, text) VALUES (?, '', '')`, policy);
  sql.exec('DELETE FROM policies WHERE version = ?', policy);
  const notice = next('notices');
  sql.exec(`INSERT INTO notices (sequence, hub) VALUES (?, '')`, notice);
  sql.exec('DELETE FROM notices WHERE sequence = ?', notice);
}
