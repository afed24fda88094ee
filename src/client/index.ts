/**
 * The client of a Carillon server, for browsers, Node, Deno, Bun and Workers. `docs/client.md` is its
 * documentation.
 *
 * @module
 */
export { CarillonError, type ErrorCode } from './errors.ts';
export type {
  CarillonEvent,
  CataloguedTypes,
  EventOf,
  EventTypes,
  GapItem,
  Item,
  Metadata,
  OtherEventType,
} from './event.ts';
export type { ConnectionState, Provided, ServerOptions, SubscribeOptions } from './options.ts';
export type { FetchLike, WebSocketConstructor, WebSocketLike } from './runtime.ts';
export { type Subscription, subscribe } from './subscribe.ts';
