/**
 * When the storage of an object has a hub in it. A hub is made when there is a reason, an event or a
 * subscriber, and goes when none is left, so that asking for an object leaves nothing behind. Calls that
 * come while it goes wait, and find nothing or make another.
 *
 * A hub whose storage cannot be read is not made: whoever calls is told so, and an operator can reset it. The same
 * is true of a hub whose storage has the schema of another release, but it is not reset.
 */

import { logError } from '../lib/log.ts';
import type { HubState } from '../objects/hub-contract.ts';
import { nameForOperators, parseHubName } from '../objects/hub-name.ts';
import { hasTables, migrate, readableVersion, type Schema } from '../objects/migrations.ts';
import { namesObject, storageFailureOf, unreadable } from '../objects/storage-failure.ts';
import { CLOSE_CODES } from '../wire/carillon-v1/close-codes.ts';
import { MAX_FEED_WAIT_MS, RELEASE_RETRY_MS } from './limits.ts';
import type { SubscriberHub } from './subscriber-hub.ts';
import { isOpen } from './subscribers/classes.ts';

export class Tenancy<H extends SubscriberHub> {
  readonly #ctx: DurableObjectState;
  readonly #schema: Schema;
  readonly #make: () => H;
  #hub: H | undefined;
  /** Why the hub cannot be made, or why something in it could not be read. */
  #problem: string | undefined;
  #calls = 0;
  /** Sockets that were there when they were last counted: so many have to leave before it is done again. */
  #sockets = 0;
  #releasing: Promise<void> | undefined;
  #ended = false;

  constructor(ctx: DurableObjectState, schema: Schema, make: () => H) {
    this.#ctx = ctx;
    this.#schema = schema;
    this.#make = make;
    try {
      readableVersion(ctx.storage, schema, this.#name);
      if (hasTables(ctx.storage.sql)) this.#opened();
    } catch (error) {
      this.#report(error);
      for (const socket of ctx.getWebSockets()) refuse(socket);
    }
  }

  /** Runs with the hub, which is made where there is none. */
  async open<T>(run: (hub: H) => T | Promise<T>): Promise<T> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#ended) throw new Error('the namespace was deleted');
    return this.#run(() => run(this.#opened()));
  }

  /** Runs with the hub, where there is one. */
  async visit<T>(run: (hub: H) => T | Promise<T>, otherwise: T): Promise<T> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#ended) throw new Error('the namespace was deleted');
    if (this.#hub === undefined && this.#problem === undefined) return otherwise;
    return this.#run(() => run(this.#opened()));
  }

  /** Takes a message of a socket. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    if (this.#hub === undefined) refuse(socket);
    else this.#hub.message(socket, data);
  }

  /** A socket has gone. */
  left(socket: WebSocket, code: number): void {
    if (this.#hub === undefined) {
      refuse(socket);
      return;
    }
    this.#hub.left(socket, code);
    this.#sockets = Math.max(0, this.#sockets - 1);
    this.#letGo();
  }

  async ring(): Promise<void> {
    try {
      await this.visit((hub) => {
        // One that was lost without a word has not been counted as gone.
        this.#sockets = 0;
        return hub.ring();
      }, undefined);
    } catch (error) {
      const failure = storageFailureOf(error);
      // The release that can read the storage needs the alarm that was set.
      if (failure === 'unsupported')
        await this.#ctx.storage.setAlarm(Date.now() + RELEASE_RETRY_MS);
      // What cannot be read now is not read better when the runtime rings again.
      else if (failure !== 'unreadable' && !this.#ended) throw error;
    }
  }

  /** Ends with all that there is: whoever calls afterwards fails. */
  async wipe(): Promise<void> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#ended) return;
    this.#hub?.closeAll();
    try {
      await this.#hub?.leave('for good');
    } catch (error) {
      // What cannot be read cannot be told to others either, and keeps nothing from its end.
      if (!isOwnFailure(error)) throw error;
      this.#report(error);
    }
    this.#ended = true;
    await this.#empty();
  }

  async state(): Promise<HubState> {
    while (this.#releasing !== undefined) await this.#releasing;
    if (this.#problem === undefined && this.#hub !== undefined) {
      try {
        for (const row of this.#ctx.storage.sql.exec('PRAGMA quick_check(1)')) {
          const [result] = Object.values(row);
          if (result !== 'ok') throw unreadable(this.#name, new Error(String(result)));
        }
      } catch (error) {
        this.#report(error);
      }
    }
    const subscribers = this.#ctx.getWebSockets().filter(isOpen).length;
    if (this.#problem !== undefined) {
      const isUnsupported = storageFailureOf(new Error(this.#problem)) === 'unsupported';
      const state = isUnsupported ? 'unsupported' : 'unreadable';
      return { state, problem: this.#problem, subscribers };
    }
    return { state: this.#hub === undefined ? 'empty' : 'ok', subscribers };
  }

  /** Begins again with nothing, where what there is cannot be read. @returns whether that was so */
  async reset(): Promise<boolean> {
    const { state, problem } = await this.state();
    if (state === 'unsupported') throw new Error(problem);
    if (state !== 'unreadable') return false;
    logError(`the storage of ${this.#name} is reset`, this.#problem);
    for (const socket of this.#ctx.getWebSockets()) refuse(socket);
    await this.#empty();
    this.#problem = undefined;
    return true;
  }

  #opened(): H {
    if (this.#hub !== undefined) return this.#hub;
    if (this.#problem !== undefined) throw new Error(this.#problem);
    migrate(this.#ctx.storage, this.#schema, this.#name);
    this.#hub = this.#make();
    return this.#hub;
  }

  async #run<T>(run: () => T | Promise<T>): Promise<T> {
    this.#calls++;
    try {
      const result = await run();
      if (result instanceof Response && result.status === 101) this.#sockets++;
      return result;
    } catch (error) {
      throw isOwnFailure(error) ? this.#report(error) : error;
    } finally {
      this.#calls--;
      this.#letGo();
    }
  }

  /** Says once what cannot be read, and what to do. @returns what callers are told */
  #report(error: unknown): Error {
    const failure = unreadable(this.#name, error);
    if (this.#problem === undefined) {
      this.#problem = failure.message;
      logError(`${failure.message}. Its object is ${this.#ctx.id}${this.#remedy()}`);
    }
    return failure;
  }

  #remedy(): string {
    if (storageFailureOf(new Error(this.#problem)) === 'unsupported') return '';
    const { eventTypeNamespace } = parseHubName(this.#ctx.id.name);
    const path = `/v1/sys/events/hubs/${eventTypeNamespace || '*'}`;
    return `. Restore that from a backup, or have the hub begin again without its events: DELETE ${path}, with sudo`;
  }

  /** Gives up the hub, where nobody needs it. */
  #letGo(): void {
    const hub = this.#hub;
    if (hub === undefined || this.#ended || this.#releasing !== undefined || this.#calls > 0)
      return;
    try {
      if (!hub.isIdle || this.#hasSockets()) return;
    } catch (error) {
      this.#report(error);
      return;
    }
    this.#releasing = this.#release(hub).finally(() => {
      this.#releasing = undefined;
    });
    this.#ctx.waitUntil(this.#releasing);
  }

  async #release(hub: H): Promise<void> {
    try {
      await inTime(hub.leave('until needed'));
      const kept = hub.kept();
      await this.#empty();
      for (const [key, value] of kept) this.#ctx.storage.kv.put(key, value);
    } catch (error) {
      if (isOwnFailure(error)) this.#report(error);
      else logError(`${this.#name} is not needed, and cannot be given up yet`, error);
      hub.tryLater(Date.now() + RELEASE_RETRY_MS);
    }
  }

  async #empty(): Promise<void> {
    this.#hub = undefined;
    this.#sockets = 0;
    await this.#ctx.storage.deleteAlarm();
    await this.#ctx.storage.deleteAll();
  }

  #hasSockets(): boolean {
    if (this.#sockets === 0) this.#sockets = this.#ctx.getWebSockets().filter(isOpen).length;
    return this.#sockets > 0;
  }

  get #name(): string {
    return nameForOperators(this.#ctx.id.name);
  }
}

/** Calls wait while a hub leaves, so one that does not get away in time stays. */
async function inTime(leaving: Promise<void>): Promise<void> {
  const waited = new AbortController();
  const late = scheduler
    .wait(MAX_FEED_WAIT_MS, { signal: waited.signal })
    .then(() => Promise.reject(new Error(`no answer for ${MAX_FEED_WAIT_MS} ms`)));
  try {
    await Promise.race([leaving, late]);
  } finally {
    late.catch(() => undefined);
    leaving.catch(() => undefined);
    waited.abort();
  }
}

/** Whether it was this object's storage that could not be read, and not that of one that it called. */
function isOwnFailure(error: unknown): boolean {
  const { remote = false } = error as { remote?: boolean };
  return !remote && !namesObject(error) && storageFailureOf(error) === 'unreadable';
}

/** Closes a socket that cannot be served: its client comes back. */
function refuse(socket: WebSocket): void {
  socket.close(CLOSE_CODES.tryAgainLater, 'the hub cannot go on');
}
