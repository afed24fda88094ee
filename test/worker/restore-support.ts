/** Restores an object to an earlier state, as the platform does: all that it stores goes back, and nothing tells it so. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

interface State {
  readonly schema: readonly string[];
  readonly tables: Readonly<Record<string, readonly Record<string, SqlStorageValue>[]>>;
  readonly entries: readonly (readonly [string, unknown])[];
}

/** The entry that says when an object last asked whether it was restored: a state of long ago. */
const GENERATION = 'generation';

export function stateOf(stub: DurableObjectStub): Promise<State> {
  return runInDurableObject(stub, (_object, { storage }) => {
    const { sql, kv } = storage;
    const schema = sql
      .exec<{ name: string; type: string; sql: string }>(
        "SELECT name, type, sql FROM sqlite_master WHERE name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*' AND sql IS NOT NULL ORDER BY type DESC",
      )
      .toArray();
    const tables = schema.filter(({ type }) => type === 'table').map(({ name }) => name);
    return {
      schema: schema.map((each) => each.sql),
      tables: Object.fromEntries(
        tables.map((name) => [name, sql.exec(`SELECT * FROM ${name}`).toArray()]),
      ),
      entries: [...kv.list()].map(([key, value]): [string, unknown] => [
        key,
        key === GENERATION ? { ...(value as object), checkedAt: 0 } : value,
      ]),
    };
  });
}

/** Puts the state in the place of what is stored. */
export function putBack(storage: DurableObjectStorage, state: State): void {
  storage.transactionSync(() => {
    const { sql, kv } = storage;
    const present = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
    );
    for (const { name } of present.toArray()) sql.exec(`DROP TABLE ${name}`);
    for (const statement of state.schema) sql.exec(statement);
    for (const [table, rows] of Object.entries(state.tables)) {
      for (const row of rows) {
        const columns = Object.keys(row);
        sql.exec(
          `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
          ...Object.values(row),
        );
      }
    }
    for (const [key] of [...kv.list()]) kv.delete(key);
    for (const [key, value] of state.entries) kv.put(key, value);
  });
}

/** The same, and starts the object again. */
export async function goBack(stub: DurableObjectStub, state: State): Promise<void> {
  await runInDurableObject(stub, (_object, { storage }) => putBack(storage, state));
  await evictDurableObject(stub);
}

/** Stores the intent to restore an object, and restores it. @param name as `hubRestoration` makes it */
export async function restore(
  stub: DurableObjectStub,
  name: string,
  state: State,
  kept?: string,
): Promise<void> {
  await env.RESTORATION.getByName(name).begin(crypto.randomUUID(), kept);
  await goBack(stub, state);
}

/** Starts the object again as if it had been idle for long: it asks again whether it was restored. */
export async function idleForLong(stub: DurableObjectStub): Promise<void> {
  await goBack(stub, await stateOf(stub));
}
