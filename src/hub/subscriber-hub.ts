/**
 * What the two kinds of hub have in common: a journal, subscribers, and the events of the runtime.
 *
 * Fields of an object are not reachable by RPC, methods of its class are: so what the two share for
 * themselves are fields.
 */

import { DurableObject } from 'cloudflare:workers';
import type { EventFacts } from '../event/facts.ts';
import { hideSecretsOf } from '../log.ts';
import { Alarms, type Chore } from './alarms.ts';
import { Journal } from './journal.ts';
import { parseRetention } from './retention.ts';
import { type SubscriberNeeds, Subscribers } from './subscribers.ts';
import { handshakeOf } from './subscription.ts';

export abstract class SubscriberHub extends DurableObject<Env> {
  protected readonly journal: Journal;
  protected readonly subscribers: Subscribers;
  /** What is done at the alarm. */
  protected readonly chores: Chore[];
  protected readonly alarms: Alarms;
  /** What the kind of hub adds. */
  protected readonly needs: SubscriberNeeds = {
    prepare: async () => undefined,
    forgotten: () => undefined,
    arm: () => {
      const armed = this.alarms.arm();
      if (armed !== undefined) this.ctx.waitUntil(armed);
    },
  };
  protected wiped = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    const retention = parseRetention(env);
    if (!retention.ok) throw new Error(retention.failure.message);
    this.journal = new Journal(ctx.storage, retention.value);
    this.subscribers = new Subscribers(ctx, env, this.journal, this.needs);
    const { holders, lifetimes, readers } = this.subscribers;
    this.chores = [holders, readers, lifetimes, this.journal];
    this.alarms = new Alarms(ctx.storage, this.chores);
  }

  /** Takes the handshake of a subscriber. */
  override async fetch(request: Request): Promise<Response> {
    const response = await this.subscribers.accept(handshakeOf(request));
    // A turn, in which the hub may learn that the client has gone: a socket that nobody takes stays open for ever.
    await scheduler.wait(0);
    if (request.signal.aborted && response.webSocket !== null) {
      response.webSocket.accept();
      response.webSocket.close(1001);
    }
    return response;
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

  /** What decided about the last events with this id, the newest first. */
  recall(id: string): EventFacts[] {
    return this.journal.lastWithId(id).map(({ facts }) => facts);
  }

  /** Ends with all subscribers and all that it knows; whoever calls it afterwards fails. */
  async wipe(): Promise<void> {
    if (this.wiped) return;
    await this.subscribers.holders.leave();
    this.subscribers.closeAll();
    await this.subscribers.delivered();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.wiped = true;
  }

  override async alarm(): Promise<void> {
    await this.alarms.ring();
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.subscribers.message(socket, data);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.subscribers.left(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.subscribers.left(socket, 1011);
  }
}
