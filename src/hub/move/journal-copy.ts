/** The rows of a journal, and what stock subscribers may follow, as one object hands them to another. */
import type { MovePage } from '../../objects/hub-contract.ts';
import { hasTables } from '../../objects/migrations.ts';
import { CURSOR_KEY } from '../journal/cursor-codec.ts';
import { HEADER_KEY } from '../journal/header.ts';
import { MAX_MOVE_PAGE_BYTES } from '../limits.ts';
import { HUB_SCHEMA } from '../schema.ts';
import { SHARDS_KEY } from '../shards/directory.ts';

const MOVED_KEYS = [HEADER_KEY, CURSOR_KEY, SHARDS_KEY];

type Row = Record<string, SqlStorageValue>;

interface SegmentCount {
  readonly segments: number;
  readonly events: number;
  /** The first sequence of the last segment; 0 if there is none. */
  readonly lastFirst: number;
  /** The last sequence; 0 as well. */
  readonly last: number;
}

export function countSegments(sql: SqlStorage): SegmentCount {
  return sql
    .exec<Row & SegmentCount>(
      `SELECT COUNT(*) AS segments, COALESCE(SUM(count), 0) AS events, COALESCE(MAX(first), 0) AS lastFirst,
         COALESCE(MAX(first + count - 1), 0) AS last FROM segments`,
    )
    .one();
}

export function readPage({ sql, kv }: DurableObjectStorage, after: number): MovePage {
  const schema = HUB_SCHEMA.length;
  const entries = [...kv.list()].filter(([key]) => MOVED_KEYS.includes(key));
  if (!hasTables(sql)) return { schema, rows: [], isLast: true, entries, segments: 0, events: 0 };
  const { segments, events, lastFirst } = countSegments(sql);
  const rows: Row[] = [];
  let bytes = 0;
  let first = after;
  for (const row of sql.exec<Row>('SELECT * FROM segments WHERE first > ? ORDER BY first', after)) {
    rows.push(row);
    first = Number(row.first);
    bytes += bytesOf(row);
    if (bytes >= MAX_MOVE_PAGE_BYTES) break;
  }
  const isLast = first >= lastFirst;
  const all = (table: string) => (isLast ? sql.exec<Row>(`SELECT * FROM ${table}`).toArray() : []);
  const [returns, replicas] = [all('returns'), all('replicas')];
  return { schema, rows, isLast, entries, segments, events, returns, replicas };
}

/** Inserts rows by the names of their columns: the other object has the same schema. */
export function insertRows(
  sql: SqlStorage,
  table: 'segments' | 'returns' | 'replicas',
  rows: MovePage['rows'] = [],
): void {
  for (const row of rows) {
    const columns = Object.keys(row);
    const places = columns.map(() => '?').join();
    const values = Object.values(row);
    sql.exec(`INSERT INTO ${table} (${columns.join()}) VALUES (${places})`, ...values);
  }
}

function bytesOf(row: Row): number {
  return Object.values(row).reduce<number>((sum, value) => {
    if (typeof value === 'string') return sum + value.length;
    return sum + (value instanceof ArrayBuffer ? value.byteLength : 8);
  }, 0);
}
