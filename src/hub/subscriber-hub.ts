/**
 * What the two kinds of hub have in common: a journal, subscribers, and what has to be done at a time. It is
 * all that there is in the storage of an object while that has a hub in it: see `tenancy.ts`.
 */

import { parseRetention } from '../config/retention.ts';
import type { EventFacts } from '../event/facts.ts';
import { Alarms, type AlarmTask } from '../objects/alarms.ts';
import { handshakeOf } from '../subscription/handshake.ts';
import { Journal } from './journal/journal.ts';
import { type SubscriberNeeds, Subscribers } from './subscribers/subscribers.ts';

export abstract class SubscriberHub {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;
  protected readonly journal: Journal;
  protected readonly subscribers: Subscribers;
  protected readonly alarms: Alarms;
  /** What the kind of hub adds. */
  protected readonly needs: SubscriberNeeds = {
    prepare: async () => undefined,
    forgotten: () => undefined,
    arm: () => {
      this.alarms.arm();
    },
  };
  /** When what failed is tried again; Infinity where nothing did. */
  #retryAt = Number.POSITIVE_INFINITY;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
    const retention = parseRetention(env);
    if (!retention.ok) throw new Error(retention.failure.message);
    this.journal = new Journal(ctx.storage, retention.value);
    this.subscribers = new Subscribers(ctx, env, this.journal, this.needs);
    const { tokenExpiry, lifetimes, readers } = this.subscribers;
    const retry: AlarmTask = {
      nextDue: () => this.#retryAt,
      run: () => {
        this.#retryAt = Number.POSITIVE_INFINITY;
      },
    };
    this.alarms = new Alarms(ctx);
    this.alarms.add(tokenExpiry, readers, lifetimes, this.journal.trimmer, retry);
  }

  /** Whether nothing is here that it has to be kept for, sockets apart. */
  abstract get isIdle(): boolean;

  /** What has to stay when it is given up: keys and their values. */
  abstract kept(): [string, unknown][];

  /**
   * Has those who know it forget it.
   *
   * @param until it is needed again, or for good, its namespace being no more
   */
  async leave(until: 'until needed' | 'for good'): Promise<void> {
    await this.subscribers.authoritySync.unwatchAll(until);
    await this.subscribers.delivered();
  }

  /** Sees to it that the alarm rings then. */
  tryLater(at: number): void {
    this.#retryAt = at;
    this.needs.arm();
  }

  /** Takes the handshake of a subscriber. */
  async accept(request: Request): Promise<Response> {
    const response = await this.subscribers.accept(handshakeOf(request));
    // A turn, in which the hub may learn that the client has gone: a socket that nobody takes stays open for ever.
    await scheduler.wait(0);
    if (request.signal.aborted && response.webSocket !== null) {
      response.webSocket.accept();
      response.webSocket.close(1001);
    }
    return response;
  }

  changed(authority: string): Promise<boolean> {
    return this.subscribers.authoritySync.changed(authority);
  }

  recall(id: string): EventFacts[] {
    return this.journal.newestWithId(id).map(({ facts }) => facts);
  }

  closeAll(): void {
    this.subscribers.closeAll();
  }

  async ring(): Promise<void> {
    await this.alarms.ring();
  }

  message(socket: WebSocket, data: string | ArrayBuffer): void {
    this.subscribers.message(socket, data);
  }

  left(socket: WebSocket, code: number): void {
    this.subscribers.left(socket, code);
  }
}
