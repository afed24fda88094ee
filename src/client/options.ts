/** The options of `subscribe` and `publish`, which are checked when they are given. */
import { dotSegment } from '../lib/text.ts';
import { MAX_CREDIT } from '../wire/limits.ts';
import { CONNECT_TIMEOUT_MS } from './bounds.ts';
import { CarillonError } from './errors.ts';
import type { FetchLike, WebSocketConstructor } from './runtime.ts';
import { faultOfTicket } from './ticket-form.ts';

/** A value, or a function that returns it each time that it is needed. */
export type Provided<T> = T | (() => T | Promise<T>);

/** Where the server is, and how it is called. */
export interface ConnectionOptions {
  /** `https://carillon.example.com`. A path in it goes before `/v1/`. */
  readonly url: Provided<string | URL>;
  /** The Vault namespace, `team-a/prod`; the root namespace if absent. */
  readonly namespace?: string | undefined;
  /** Ends the subscription, or `publish`: calls that wait are rejected with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of an attempt to connect, or of a request. */
  readonly timeout?: number | undefined;
  /** Instead of the global one. */
  readonly fetch?: FetchLike | undefined;
}

/** Identifies a program that has a token. */
export interface TokenCredential {
  /** A function is called for each connection: it can renew a token, or log in again. */
  readonly token: Provided<string>;
  /** Excluded by `token`. */
  readonly ticket?: undefined;
}

/** Identifies a page, which should have no token: a backend requests tickets for it. */
export interface TicketCredential {
  /**
   * A ticket (`ctt.…`) opens one connection, within a minute. A function is called for each connection, so the
   * subscription can reconnect. A string is for one connection: when that ends, the iteration throws.
   *
   * If the function throws, the client calls it again after a back-off. If it throws a `CarillonError`, the
   * subscription ends with that error.
   *
   * @example
   * ```ts
   * async function ticket(): Promise<string> {
   *   const response = await fetch('/ticket', { method: 'POST' });
   *   if (response.status === 401) throw new CarillonError('forbidden', 'log in again');
   *   if (!response.ok) throw new Error(`the backend answered ${response.status}`);
   *   return response.text();
   * }
   * ```
   */
  readonly ticket: Provided<string>;
  /** Excluded by `ticket`. */
  readonly token?: undefined;
}

/** The options of `publish`. */
export interface ServerOptions extends ConnectionOptions, TokenCredential {}

/** The options of `subscribe`, with either `token` or `ticket`. */
export type SubscribeOptions = SubscriptionOptions & (TokenCredential | TicketCredential);

/** The options of `subscribe`, without those that identify the program. */
export interface SubscriptionOptions extends ConnectionOptions {
  /** An expression in the language of Vault's filters: `data_path matches "^secret/data/team-"`. */
  readonly filter?: string | undefined;
  /** Also events of these namespaces below, or of those that match a glob. */
  readonly namespaces?: readonly string[] | undefined;
  /**
   * Where to begin: `earliest`, a time, a time ago (`-15m`), the id of an event, or the `cursor` of an item
   * of an earlier subscription. If absent, only new events.
   */
  readonly since?: string | Date | undefined;
  /** The encoding of the messages. Events are the same in both. */
  readonly encoding?: 'json' | 'protobuf' | undefined;
  /** Events that the server sends before the program has taken them: 1 to 10,000. */
  readonly credit?: number | undefined;
  /** Whether to reconnect when the connection ends (the default), or to throw `disconnected`. */
  readonly reconnect?: boolean | undefined;
  /** Instead of the global one: `import WebSocket from 'ws'` for Node before 22. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Called for each connection, and for each wait before the next. */
  readonly onState?: ((state: ConnectionState) => void) | undefined;
}

/** What `onState` is told. */
export type ConnectionState =
  | {
      /** Events arrive. */
      readonly type: 'connected';
    }
  | {
      /** The client waits before it tries to connect again. */
      readonly type: 'disconnected';
      /** Why, in a sentence. */
      readonly reason: string;
      /** How long until the next attempt. */
      readonly retryInMs: number;
    };

/** The longest time of a timer. With a longer one it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws CarillonError `invalid` */
export function checkServerOptions(options: ServerOptions): void {
  checkConnectionOptions(options);
  // The compiler excludes this, and JavaScript does not.
  if (options.ticket !== undefined) {
    throw invalid('a ticket only opens a subscription; give a token to publish');
  }
  if (typeof options.token !== 'function') checkToken(options.token);
}

function checkConnectionOptions({ url, namespace, timeout }: ConnectionOptions): void {
  if (typeof url !== 'function') checkUrl(url);
  if (namespace !== undefined && dotSegment(namespace) !== undefined) {
    throw invalid(`namespace ${JSON.stringify(namespace)} has a "." or ".." segment`);
  }
  if (timeout !== undefined && !(timeout > 0 && timeout <= MAX_TIMER_MS)) {
    throw invalid(`timeout is ${timeout}; give milliseconds from 1 to ${MAX_TIMER_MS}`);
  }
}

function checkCredential({ token, ticket }: SubscribeOptions): void {
  if (token === undefined && ticket === undefined) {
    throw invalid('neither token nor ticket is given; give one of them');
  }
  // The compiler excludes this, and JavaScript does not.
  const both: { readonly token?: unknown; readonly ticket?: unknown } = { token, ticket };
  if (both.token !== undefined && both.ticket !== undefined) {
    throw invalid('both token and ticket are given; give a ticket in a page, a token elsewhere');
  }
  if (token !== undefined && typeof token !== 'function') checkToken(token);
  if (ticket === undefined || typeof ticket === 'function') return;
  const fault = faultOfTicket(ticket);
  if (fault !== undefined) throw invalid(`ticket is ${fault}`);
}

/** @throws CarillonError `invalid` */
export function checkSubscription(pattern: string, options: SubscribeOptions): void {
  checkConnectionOptions(options);
  checkCredential(options);
  if (typeof pattern !== 'string' || pattern.trim() === '') {
    throw invalid('the pattern is empty; "*" stands for every event type');
  }
  // A URL would resolve the segment, and name another path.
  if (dotSegment(pattern) !== undefined) {
    throw invalid(`the pattern ${JSON.stringify(pattern)} has a "." or ".." segment`);
  }
  const { credit, since, encoding } = options;
  if (credit !== undefined && !(Number.isInteger(credit) && credit >= 1 && credit <= MAX_CREDIT)) {
    throw invalid(`credit is ${credit}; give a whole number from 1 to ${MAX_CREDIT}`);
  }
  if (since instanceof Date && Number.isNaN(since.getTime())) {
    throw invalid('since is an invalid Date');
  }
  if (encoding !== undefined && encoding !== 'json' && encoding !== 'protobuf') {
    throw invalid(`encoding is ${JSON.stringify(encoding)}; it must be "json" or "protobuf"`);
  }
}

/** The address of the API of a namespace. */
export interface Address {
  readonly url: URL;
  readonly namespace: string;
}

export interface Server extends Address {
  readonly token: string;
}

/** Calls the functions of the options, and throws what they throw. */
export async function resolveServer(
  options: ConnectionOptions & Pick<TokenCredential, 'token'>,
): Promise<Server> {
  const [address, token] = await Promise.all([resolveAddress(options), provide(options.token)]);
  return { ...address, token: checkToken(token) };
}

/** Calls the function of the address, and throws what it throws. */
export async function resolveAddress({ url, namespace = '' }: ConnectionOptions): Promise<Address> {
  const path = namespace.trim().replace(/^\/+|\/+$/g, '');
  return { url: checkUrl(await provide(url)), namespace: path === 'root' ? '' : path };
}

export function timeoutOf({ timeout = CONNECT_TIMEOUT_MS }: ConnectionOptions): number {
  return timeout;
}

async function provide<T extends string | URL>(value: Provided<T>): Promise<T> {
  return typeof value === 'function' ? value() : value;
}

function checkUrl(url: string | URL): URL {
  const text = String(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw invalid(`url is ${JSON.stringify(text)}; give one such as https://carillon.example.com`);
  }
  // `fetch` rejects it, which would look like a network failure.
  if (parsed.username !== '' || parsed.password !== '') {
    throw invalid('url has a user name or a password; the token is what identifies you');
  }
  return parsed;
}

/** `fetch` rejects a token that no header can carry, which would look like a network failure. */
function checkToken(token: string): string {
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw invalid('token is empty, or has a character that no header can carry');
  }
  return token;
}

export function invalid(message: string): CarillonError {
  return new CarillonError('invalid', message);
}
