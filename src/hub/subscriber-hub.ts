/**
 * What the two kinds of hub have in common: subscribers, remembered events, and the events of the runtime.
 *
 * Fields of an object are not reachable by RPC, methods of its class are: so what the two share for
 * themselves are fields.
 */
import { DurableObject } from 'cloudflare:workers';
import type { EventFacts } from '../event/facts.ts';
import { RememberedEvents } from './remembered-events.ts';
import { refuseData, Subscribers } from './subscribers.ts';

export abstract class SubscriberHub extends DurableObject<Env> {
  protected readonly remembered: RememberedEvents;
  protected readonly subscribers: Subscribers;
  protected wiped = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.remembered = new RememberedEvents(ctx.storage);
    this.subscribers = new Subscribers(ctx, env, this.remembered);
  }

  /**
   * Told by an authority that a token or a policy is not what it was.
   *
   * @param authority the key of its namespace
   * @returns whether this hub has any business with it
   */
  changed(authority: string): Promise<boolean> {
    return this.subscribers.holders.changed(authority);
  }

  /** What is remembered of the last events with this id, the newest first. */
  recall(id: string): EventFacts[] {
    return this.remembered.recall(id);
  }

  /** Ends with all subscribers and all that it knows; whoever calls it afterwards fails. */
  async wipe(): Promise<void> {
    if (this.wiped) return;
    await this.subscribers.holders.leave();
    this.subscribers.closeAll();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.wiped = true;
  }

  /** A token of a subscriber expires. */
  override async alarm(): Promise<void> {
    await this.subscribers.holders.expire();
  }

  override webSocketMessage(socket: WebSocket): void {
    refuseData(socket);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.subscribers.left(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.subscribers.left(socket, 1011);
  }
}
