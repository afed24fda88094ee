// A Worker that Carillon calls with the events of a path of Vault. It keeps a table of D1 true to that path: which secrets there
// are, and their versions. Between two calls nothing of it runs.
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { DeliveredEvent, DestinationBatch } from '@carillon/client';

interface Env {
  readonly DB: D1Database;
  readonly VAULT_ADDR: string;
  readonly VAULT_TOKEN: string;
  /** A mount of kv version 2: `secret`. */
  readonly MOUNT: string;
}

interface SecretMetadata {
  readonly current_version: number;
  readonly versions: Readonly<
    Record<string, { readonly deletion_time: string; readonly destroyed: boolean }>
  >;
}

export default class extends WorkerEntrypoint<Env> {
  /** Carillon goes on when this returns, and calls again with the same events if it throws. So doing it twice must be harmless. */
  async events({ events }: DestinationBatch): Promise<void> {
    // Events are missing. What is read now is newer than the rest of the batch.
    if (events.some(({ type }) => type === 'carillon/gap')) return this.#readEverything();
    const changes: D1PreparedStatement[] = [];
    for (const event of events) {
      const change = await this.#changeFor(event);
      if (change !== undefined) changes.push(change);
    }
    // One transaction, in the order of the events.
    if (changes.length > 0) await this.env.DB.batch(changes);
  }

  /** Shows the table. */
  override async fetch(): Promise<Response> {
    const { results } = await this.env.DB.prepare('SELECT * FROM secrets ORDER BY path').all();
    return Response.json(results);
  }

  async #changeFor({ type, data }: DeliveredEvent): Promise<D1PreparedStatement | undefined> {
    const { path = '', current_version } = data.event.metadata ?? {};
    const name = this.#nameIn(String(path));
    if (name === undefined) return undefined;
    switch (type) {
      case 'kv-v2/data-write':
      case 'kv-v2/data-patch':
        return this.#put(name, Number(current_version));
      case 'kv-v2/data-delete':
      case 'kv-v2/metadata-delete':
        return this.#delete(name);
      case 'kv-v2/delete':
      case 'kv-v2/undelete':
      case 'kv-v2/destroy':
        // They name versions, of which one may be the newest.
        return this.#reread(name);
      default:
        return undefined;
    }
  }

  /** `app` of `secret/data/app`; undefined for another mount, and for its configuration. */
  #nameIn(path: string): string | undefined {
    const prefix = `${this.env.MOUNT}/`;
    if (!path.startsWith(prefix)) return undefined;
    const [, ...name] = path.slice(prefix.length).split('/');
    return name.length === 0 ? undefined : name.join('/');
  }

  #put(name: string, version: number): D1PreparedStatement {
    return this.env.DB.prepare(
      'INSERT INTO secrets (path, version) VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET version = ?2',
    ).bind(name, version);
  }

  #delete(name: string): D1PreparedStatement {
    return this.env.DB.prepare('DELETE FROM secrets WHERE path = ?1').bind(name);
  }

  /** The row as Vault has it now. */
  async #reread(name: string): Promise<D1PreparedStatement> {
    const metadata = await this.#read<SecretMetadata>(`metadata/${name}`);
    const version = metadata?.current_version ?? 0;
    const newest = metadata?.versions[version];
    const isReadable = newest !== undefined && newest.deletion_time === '' && !newest.destroyed;
    return isReadable ? this.#put(name, version) : this.#delete(name);
  }

  async #readEverything(): Promise<void> {
    const names = await this.#list('');
    const rows = await Promise.all(names.map((name) => this.#reread(name)));
    await this.env.DB.batch([this.env.DB.prepare('DELETE FROM secrets'), ...rows]);
  }

  async #list(folder: string): Promise<string[]> {
    const { keys = [] } =
      (await this.#read<{ keys: string[] }>(`metadata/${folder}?list=true`)) ?? {};
    const below = keys.map((key) =>
      key.endsWith('/') ? this.#list(`${folder}${key}`) : [`${folder}${key}`],
    );
    return (await Promise.all(below)).flat();
  }

  /** @returns undefined if there is nothing */
  async #read<T>(path: string): Promise<T | undefined> {
    const { VAULT_ADDR, VAULT_TOKEN, MOUNT } = this.env;
    const headers = { 'X-Vault-Token': VAULT_TOKEN };
    const answer = await fetch(`${VAULT_ADDR}/v1/${MOUNT}/${path}`, { headers });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`reading ${path} answered ${answer.status}`);
    return ((await answer.json()) as { data: T }).data;
  }
}
