/** Plays a vector: a scripted server against the client of this repository. */
import { expect } from 'vitest';
import type { Item } from '../../../../src/client/event.ts';
import type { ConnectionState, SubscribeOptions } from '../../../../src/client/options.ts';
import type { WebSocketConstructor } from '../../../../src/client/runtime.ts';
import { ResumingSubscription } from '../../../../src/client/subscription.ts';
import { SteppedClock } from './clock.ts';
import { type Act, type Handshake, ScriptedServer, type Session } from './scripted-server.ts';
import {
  eventsText,
  helloText,
  type Range,
  type Step,
  type Subscription,
  type Vector,
} from './vector.ts';

export interface Setting {
  /** What the random numbers of the client are: 0, or nearly 1. */
  readonly random: number;
  readonly WebSocket: WebSocketConstructor;
}

/** @throws Error that names the step that went otherwise */
export async function play(vector: Vector, setting: Setting): Promise<void> {
  await using server = await ScriptedServer.start();
  const player = new Player(server, vector.subscription ?? {}, setting);
  try {
    for (const [index, step] of vector.steps.entries()) {
      await player.step(step).catch((error: unknown) => {
        throw new Error(`step ${index + 1}, ${JSON.stringify(step)}: ${String(error)}`);
      });
    }
    await player.end();
  } finally {
    await player.subscription.close();
  }
}

class Player {
  readonly subscription: ResumingSubscription;
  readonly #server: ScriptedServer;
  readonly #subscribed: Subscription;
  readonly #random: number;
  readonly #clock = new SteppedClock();
  #handshake: Handshake | undefined;
  #session: Session | undefined;
  /** How long the client has waited since the last handshake. */
  #waited = 0;
  #connected = Promise.withResolvers<void>();
  /** A call of the program for an item that has not come yet. */
  #asked: Promise<IteratorResult<Item, undefined>> | undefined;

  constructor(server: ScriptedServer, subscribed: Subscription, { random, WebSocket }: Setting) {
    this.#server = server;
    this.#subscribed = subscribed;
    this.#random = random;
    const { pattern = '*', ...options } = subscribed;
    const runtime = {
      ...{ now: this.#clock.now, schedule: this.#clock.schedule, random: () => random },
      ...{ fetch, newId: () => crypto.randomUUID(), WebSocket },
    };
    const all: SubscribeOptions = {
      ...options,
      url: server.address,
      token: 'token',
      onState: (state) => this.#hear(state),
    };
    this.subscription = new ResumingSubscription(runtime, pattern, all);
    this.subscription.opened().catch(() => undefined);
  }

  /** The client has done nothing that no step expects. */
  async end(): Promise<void> {
    await this.subscription.close();
    await this.#session?.ended;
    this.#checkRest();
    expect(this.#server.handshakes.rest).toEqual([]);
  }

  async step(step: Step): Promise<void> {
    if ('client' in step) return this.#client(step);
    if ('server' in step) return this.#serve(step);
    if ('program' in step) return this.#program(step);
    await this.#connected.promise;
    this.#clock.advance(step.ms);
  }

  async #client(step: Extract<Step, { client: string }>): Promise<void> {
    switch (step.client) {
      case 'connects':
        return this.#connects(step);
      case 'sends':
        expect(await this.#act()).toEqual({ kind: 'message', message: step.message });
        return;
      case 'closes':
        expect(await this.#act()).toEqual({ kind: 'gone', code: step.code });
        return;
      default: {
        if (step.after_ms !== undefined) {
          await this.#connected.promise;
          this.#checkRange(await this.#clock.advanceToNext(), step.after_ms);
        }
        expect(await this.#act()).toMatchObject({ kind: ACTS[step.client] });
      }
    }
  }

  async #connects({ since, lease, waits_ms }: Extract<Step, { client: 'connects' }>) {
    this.#checkRest();
    this.#session = undefined;
    this.#handshake = await this.#server.handshakes.next();
    expect(asked(this.#handshake)).toEqual({
      ...{ pattern: '*', namespace: '', namespaces: [], ...this.#subscribed, credit: undefined },
      since,
      lease,
      isAuthorised: lease === undefined,
    });
    if (waits_ms !== undefined) this.#checkRange(this.#waited, waits_ms);
    this.#waited = 0;
  }

  async #serve(step: Extract<Step, { server: string }>): Promise<void> {
    switch (step.server) {
      case 'accepts':
        this.#connected = Promise.withResolvers();
        this.#session = await this.#handshake?.accept();
        if (step.hello === undefined) this.#connected.resolve();
        else this.#session?.send(helloText(step.hello));
        return;
      case 'refuses':
        return this.#handshake?.refuse(step.status, step.headers ?? {}, step.errors ?? []);
      case 'sends':
        return this.#session?.send(dataOf(step));
      case 'closes':
        return this.#session?.close(step.code, step.reason);
      case 'breaks':
        return (this.#session ?? this.#handshake)?.break();
      case 'falls silent':
        return this.#session?.fallSilent();
    }
  }

  async #program(step: Extract<Step, { program: string }>): Promise<void> {
    switch (step.program) {
      case 'asks':
        this.#asked = this.subscription.next();
        return;
      case 'closes':
        return this.subscription.close();
      case 'fails': {
        const { code, status } = step;
        const error = await this.#take().then(nameOf, (error: unknown) => error);
        expect(error).toMatchObject({ name: 'CarillonError', code, ...(status && { status }) });
        return;
      }
      case 'takes':
        if ('items' in step) {
          for (const item of step.items) expect(nameOf(await this.#take())).toBe(item);
        } else {
          for (const event of step.events) expect(membersOf(await this.#take())).toEqual(event);
        }
    }
  }

  async #take(): Promise<Item | undefined> {
    const asked = this.#asked ?? this.subscription.next();
    this.#asked = undefined;
    return (await asked).value;
  }

  async #act(): Promise<Act | undefined> {
    return this.#session?.acts.next();
  }

  /** A message of the client is expected by a step. Its end, and its signs of life, need not be. */
  #checkRest(): void {
    const rest = this.#session?.acts.rest ?? [];
    expect(rest.filter(({ kind }) => kind === 'message')).toEqual([]);
  }

  #checkRange(milliseconds: number, [from, below]: Range): void {
    const span = below - from;
    const least = this.#random === 0 ? from : below - Math.max(1, span / 100);
    expect(milliseconds).toBeGreaterThanOrEqual(least);
    expect(milliseconds).toBeLessThan(this.#random === 0 ? from + 1 : below);
  }

  #hear(state: ConnectionState): void {
    if (state.type === 'connected') {
      this.#connected.resolve();
    } else {
      this.#waited += state.retryInMs;
      // The client begins to wait after this call.
      setImmediate(() => this.#clock.advance(state.retryInMs));
    }
  }
}

const ACTS = { pings: 'ping', 'sends heartbeat': 'heartbeat', leaves: 'gone' } as const;

/** What a handshake asks for, wherever the client wrote it. */
function asked({ request: { url = '', headers } }: Handshake) {
  const { pathname, searchParams } = new URL(url, 'http://server');
  const [, below = '', pattern = ''] =
    /^\/v1\/(.*?)\/?sys\/events\/subscribe\/(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const offered = headers['sec-websocket-protocol']?.split(/\s*,\s*/) ?? [];
  expect(offered).toContain('carillon.v1.json');
  const headerNamed = (name: string) => headers[name]?.toString();
  return {
    pattern,
    namespace: headerNamed('x-vault-namespace') ?? below,
    filter: searchParams.get('filter') ?? undefined,
    namespaces: searchParams.getAll('namespaces'),
    since:
      headerNamed('last-event-id') ??
      searchParams.get('lastEventId') ??
      searchParams.get('since') ??
      undefined,
    lease: offered.find((name) => name.startsWith('carillon.lease.')),
    isAuthorised:
      searchParams.get('ticket')?.startsWith('ctt.') ?? headerNamed('x-vault-token') === 'token',
  };
}

function dataOf(step: Extract<Step, { server: 'sends' }>): string | Uint8Array {
  if ('text' in step) return step.text;
  if ('base64' in step) return Buffer.from(step.base64, 'base64');
  return 'message' in step ? JSON.stringify(step.message) : eventsText(step);
}

function nameOf(item: Item | undefined): string {
  if (item === undefined) return 'end';
  return item.type === 'gap' ? `gap: ${item.reason}` : item.id;
}

/** An event in the words of the vectors. */
function membersOf(item: Item | undefined): unknown {
  if (item?.type !== 'event') return nameOf(item);
  const { cursor, id, source, time, eventType, namespace, metadata, entityIds, note } = item;
  return {
    ...{ cursor, id, source, time, namespace, metadata, note },
    event_type: eventType,
    entity_ids: entityIds,
    ...(item.pluginInfo && { plugin_info: item.pluginInfo }),
  };
}
