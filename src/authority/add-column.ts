/** Adds a column to a table that an earlier release made without it. */
export function addColumn(sql: SqlStorage, table: string, column: string, type: string): void {
  const known = sql
    .exec('SELECT 1 FROM pragma_table_info(?) WHERE name = ?', table, column)
    .toArray();
  if (known.length === 0) sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
}
