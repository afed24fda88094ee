// A Durable Object that subscribes, and stores the newest version of each secret with its position in the events.
import { DurableObject } from 'cloudflare:workers';
import { type Item, subscribe } from '@carillon/client';

interface Env {
  readonly CARILLON_ADDR: string;
  readonly CARILLON_TOKEN: string;
  readonly LISTENER: DurableObjectNamespace<Listener>;
}

/** An object can be evicted at any time, and by each deployment. Its alarm brings it back. */
const CHECK_MS = 60_000;

/** The versions are stored beside the position. */
const PREFIX = 'version of ';

export class Listener extends DurableObject<Env> {
  #subscription: Promise<void> | undefined;

  /** Subscribes, if the object does not yet. */
  async listen(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + CHECK_MS);
    this.#subscription ??= this.#run()
      .catch((error: unknown) => console.error(JSON.stringify({ error: String(error) })))
      .finally(() => {
        this.#subscription = undefined;
      });
  }

  override alarm(): Promise<void> {
    return this.listen();
  }

  /** The newest version of each secret that has changed. */
  versions(): Record<string, string> {
    const stored = [...this.ctx.storage.kv.list<string>({ prefix: PREFIX })];
    return Object.fromEntries(stored.map(([key, version]) => [key.slice(PREFIX.length), version]));
  }

  async #run(): Promise<void> {
    const since = this.ctx.storage.kv.get<string>('cursor') ?? 'earliest';
    const options = { url: this.env.CARILLON_ADDR, token: this.env.CARILLON_TOKEN, since };
    for await (const item of subscribe('kv-v2/*', options)) {
      // The effect and the position are one transaction, so each event has its effect once.
      this.ctx.storage.transactionSync(() => {
        this.#apply(item);
        this.ctx.storage.kv.put('cursor', item.cursor);
      });
    }
  }

  #apply(item: Item): void {
    const { kv } = this.ctx.storage;
    if (item.type === 'gap') {
      // What is stored may be old. Without it, the next reader asks for the secret itself.
      for (const [key] of [...kv.list({ prefix: PREFIX })]) kv.delete(key);
    } else if (item.eventType === 'kv-v2/data-write') {
      kv.put(`${PREFIX}${item.metadata.path}`, item.metadata.current_version);
    }
  }
}

export default {
  async fetch(_request, { LISTENER }): Promise<Response> {
    const listener = LISTENER.getByName('kv-v2');
    await listener.listen();
    return Response.json(await listener.versions());
  },
} satisfies ExportedHandler<Env>;
