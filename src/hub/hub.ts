/**
 * The hub of one event-type namespace: it takes the namespace's events, drops what it has seen, feeds
 * the gathering hubs that have subscribers for it, and sends to its own.
 */

import { MAX_HUBS } from '../limits.ts';
import { Feeds } from './feeds.ts';
import type { Gathering } from './gathering-hub.ts';
import type { Publication } from './publication.ts';
import { SubscriberHub } from './subscriber-hub.ts';
import { handshakeOf } from './subscription.ts';

export class Hub extends SubscriberHub {
  readonly #feeds: Feeds;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#feeds = new Feeds(ctx, env);
  }

  /** Takes the handshake of a subscriber whose subscription stays within this hub. */
  override async fetch(request: Request): Promise<Response> {
    if (!(await this.#feeds.register())) {
      return new Response(`there are ${MAX_HUBS} event-type namespaces already`, { status: 503 });
    }
    return this.subscribers.accept(handshakeOf(request), async () => undefined);
  }

  /**
   * Publishes events of this event-type namespace.
   *
   * The gathering hubs are fed first and remember for themselves what they were fed. So a failure
   * between the two leaves an event that was not acknowledged and that repeating the request completes:
   * here what is missing here, there what is missing there, nothing twice.
   *
   * @returns the keys of those that were new; undefined where this hub is one too many
   * @throws where a gathering hub cannot be reached: nothing was delivered here
   */
  async publish(publications: readonly Publication[]): Promise<string[] | undefined> {
    if (!(await this.#feeds.register())) return undefined;
    if (this.#feeds.isGathered) {
      const unknown = publications.filter((publication) => !this.remembered.knows(publication));
      if (unknown.length > 0) await this.#feeds.feed(unknown);
    }
    await this.subscribers.holders.confirm(Date.now());
    const { fresh } = this.remembered.remember(publications);
    this.subscribers.deliver(fresh);
    return fresh.map(({ key }) => key);
  }

  /** Told by a gathering hub whether it wants this hub's events. The newest word counts. */
  gather(gatheringHub: string, gathering: Gathering): void {
    this.#feeds.heard(gatheringHub, gathering);
  }

  /** Empties itself, its namespace being no more. */
  override async wipe(): Promise<void> {
    if (this.wiped) return;
    this.subscribers.closeAll();
    await this.#feeds.unregister();
    await super.wipe();
  }
}
