/** Runs a statement that has rows of one value. */
export function column<T extends SqlStorageValue>(
  sql: SqlStorage,
  statement: string,
  ...parameters: readonly SqlStorageValue[]
): T[] {
  return Array.from(sql.exec(statement, ...parameters).raw<[T]>(), ([value]) => value);
}

/** The first of the values; undefined if there is no row, or if it is NULL. */
export function scalar<T extends SqlStorageValue>(
  sql: SqlStorage,
  statement: string,
  ...parameters: readonly SqlStorageValue[]
): T | undefined {
  return column<T | null>(sql, statement, ...parameters)[0] ?? undefined;
}
