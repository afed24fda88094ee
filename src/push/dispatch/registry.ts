/** The destinations of a Vault namespace, as far as a dispatcher has to know them. */

import type { DestinationSettings } from '../../destination/settings.ts';
import { isWithinShare } from '../../lib/fair-share.ts';
import type { Wanted } from '../../subscription/interest.ts';
import { ROOT_OWNER } from '../../token/owner.ts';
import type { DispatcherLifecycle } from './lifecycle.ts';
import { MAX_DESTINATIONS } from './limits.ts';

/** What settings say that others have to know. */
export interface Need {
  readonly wanted: Wanted;
  /** The name of the destination that gets what cannot be delivered. */
  readonly deadLetter?: string;
}

export interface RegisteredDestination {
  readonly name: string;
  readonly owner: string;
  /** `new` until it was first configured. Then it is kept until it is deleted. */
  readonly state: 'new' | 'kept' | 'deleting';
  /** Of its settings. While they change, also of those before: nobody knows yet which ones it has. */
  readonly needs: readonly Need[];
}

type Row = Omit<RegisteredDestination, 'needs'> & { readonly needs: string };

export function needOf({ pattern, namespaces, deadLetter }: DestinationSettings): Need {
  const wanted = { pattern, namespaces };
  return deadLetter.kind === 'destination' ? { wanted, deadLetter: deadLetter.name } : { wanted };
}

export class Registry {
  readonly #sql: SqlStorage;
  readonly #lifecycle: DispatcherLifecycle;
  /** Read once: each notice asks for all of them. */
  #known: Map<string, RegisteredDestination> | undefined;
  #revision = 0;

  constructor(sql: SqlStorage, lifecycle: DispatcherLifecycle) {
    this.#sql = sql;
    this.#lifecycle = lifecycle;
  }

  /** Another number after each change. */
  get revision(): number {
    return this.#revision;
  }

  all(): RegisteredDestination[] {
    return [...this.#all.values()];
  }

  get(name: string): RegisteredDestination | undefined {
    return this.#all.get(name);
  }

  /** Those that are to be woken. */
  live(): RegisteredDestination[] {
    return this.all().filter(({ state }) => state !== 'deleting');
  }

  /** What they want together. */
  wanted(): Wanted[] {
    return this.live().flatMap(({ needs }) => needs.map(({ wanted }) => wanted));
  }

  /** The destinations that hand over to this one what they cannot deliver. */
  handingOverTo(name: string): string[] {
    return this.live()
      .filter(({ needs }) => needs.some(({ deadLetter }) => deadLetter === name))
      .map((destination) => destination.name);
  }

  /** Whether an owner may create one more. */
  hasRoomFor(owner: string): boolean {
    const all = this.#all;
    if (owner === ROOT_OWNER) return all.size < MAX_DESTINATIONS;
    return isWithinShare(
      1,
      all.size,
      MAX_DESTINATIONS,
      () => [...all.values()].filter((each) => each.owner === owner).length,
    );
  }

  put(destination: RegisteredDestination): void {
    const { name, owner, state, needs } = destination;
    this.#lifecycle.create();
    this.#sql.exec(
      'INSERT OR REPLACE INTO destinations (name, owner, state, needs) VALUES (?, ?, ?, ?)',
      name,
      owner,
      state,
      JSON.stringify(needs),
    );
    this.#all.set(name, destination);
    this.#revision++;
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM destinations WHERE name = ?', name);
    this.#all.delete(name);
    this.#revision++;
  }

  get #all(): Map<string, RegisteredDestination> {
    this.#known ??= new Map(this.#stored().map((each) => [each.name, each]));
    return this.#known;
  }

  #stored(): RegisteredDestination[] {
    if (!this.#lifecycle.hasTables) return [];
    const rows = this.#sql.exec<Row>('SELECT name, owner, state, needs FROM destinations');
    return rows.toArray().map((row) => ({
      ...row,
      // Whoever was creating it when this object stopped was not answered, and does not know whether there is one.
      state: row.state === 'new' ? 'deleting' : row.state,
      needs: JSON.parse(row.needs) as Need[],
    }));
  }
}
