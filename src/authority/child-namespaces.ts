/** The namespaces directly below. Each has an authority of its own, which is asked before one is created or deleted. */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { childKey } from '../namespace/namespace.ts';
import type { ChildNamespace } from '../objects/authority-contract.ts';
import { MAX_CHILD_NAMESPACES } from '../objects/limits.ts';
import { callAuthority } from '../objects/stubs.ts';
import { randomText } from '../token/token-form.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Outbox } from './outbox/outbox.ts';

const ID_CHARACTERS = 8;

type Row = { readonly name: string; readonly id: string; readonly metadata: string };

/** A namespace after a restore. Without metadata, it has what was restored. */
export type KeptChild = Pick<ChildNamespace, 'name' | 'id'> & Partial<ChildNamespace>;

interface Parts {
  readonly env: Env;
  readonly sql: SqlStorage;
  /** The key of the namespace above them. */
  readonly namespace: string;
  readonly lifecycle: Lifecycle;
  readonly outbox: Outbox;
}

export class ChildNamespaces {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get(name: string): ChildNamespace | undefined {
    const [row] = this.#parts.sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces WHERE name = ?', name)
      .toArray();
    return row && childOf(row);
  }

  all(): ChildNamespace[] {
    return this.#parts.sql
      .exec<Row>('SELECT name, id, metadata FROM namespaces ORDER BY name')
      .toArray()
      .map(childOf);
  }

  /** Of all of them. */
  keys(): string[] {
    return this.all().map(({ name, id }) => childKey(this.#parts.namespace, name, id));
  }

  async create(
    name: string,
    metadata: ChildNamespace['metadata'] | undefined,
  ): Promise<Result<ChildNamespace>> {
    const { env, sql, namespace, lifecycle } = this.#parts;
    const known = this.get(name);
    if (known === undefined && this.all().length >= MAX_CHILD_NAMESPACES) {
      return invalid(
        `there are ${MAX_CHILD_NAMESPACES} namespaces here already, as many as are allowed`,
      );
    }
    const id = known?.id ?? randomText(ID_CHARACTERS);
    // Before its name is stored: if its authority has no room to begin, there is no such namespace.
    const key = childKey(namespace, name, id);
    const exists = await callAuthority(env, key, (authority) => authority.create());
    if (!exists) {
      return invalid(
        `the namespace ${quote(name)} is being deleted; delete it again to finish that`,
      );
    }
    lifecycle.assertOpen();
    // Another request may have created or deleted it meanwhile.
    if (this.get(name)?.id !== known?.id) return this.create(name, metadata);
    const child = { name, id, metadata: metadata ?? known?.metadata ?? {} };
    if (known === undefined || metadata !== undefined) {
      sql.exec(
        'INSERT OR REPLACE INTO namespaces (name, id, metadata) VALUES (?, ?, ?)',
        name,
        id,
        JSON.stringify(child.metadata),
      );
    }
    return ok(child);
  }

  /** After a restore: these are the namespaces that there are. */
  replace(children: readonly KeptChild[]): void {
    const { sql } = this.#parts;
    const before = new Map(this.all().map((child) => [child.id, child]));
    sql.exec('DELETE FROM namespaces');
    for (const { name, id, metadata = before.get(id)?.metadata ?? {} } of children) {
      sql.exec(
        'INSERT INTO namespaces (name, id, metadata) VALUES (?, ?, ?)',
        name,
        id,
        JSON.stringify(metadata),
      );
    }
  }

  async delete(name: string): Promise<Result<boolean>> {
    const { env, sql, namespace, lifecycle, outbox } = this.#parts;
    const child = this.get(name);
    if (child === undefined) return ok(false);
    const key = childKey(namespace, name, child.id);
    const below = await callAuthority(env, key, (authority) => authority.close());
    if (below.length > 0) {
      return invalid(
        `cannot delete namespace ${quote(name)} containing child namespaces; delete ${below.map(quote).join(', ')} first`,
      );
    }
    lifecycle.assertOpen();
    // Another request may have deleted it meanwhile, and created another one.
    if (this.get(name)?.id !== child.id) return ok(true);
    sql.exec('DELETE FROM namespaces WHERE name = ?', name);
    outbox.add({ kind: 'wipe', namespace: key });
    outbox.send();
    return ok(true);
  }
}

function childOf(row: Row): ChildNamespace {
  return { ...row, metadata: JSON.parse(row.metadata) as ChildNamespace['metadata'] };
}
