/**
 * The client of a Carillon server, for browsers, Node, Deno, Bun and Workers: `subscribe` and `publish`. Begin with
 * its documentation, `docs/client.md`. This reference is generated from the sources.
 *
 * @module
 */

export type { PluginInfo } from '../event/event.ts';
export type { JsonObject, JsonValue } from '../lib/json.ts';
export type { GapReason } from '../wire/carillon-v1/messages.ts';
export type { DeliveredData, DeliveredEvent, DestinationBatch } from '../wire/destination-batch.ts';
export type { OutgoingEvent } from './batches.ts';
export { CarillonError, type ErrorCode, type ErrorDetails } from './errors.ts';
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
export type {
  ConnectionOptions,
  ConnectionState,
  Provided,
  ServerOptions,
  SubscribeOptions,
  SubscriptionOptions,
  TicketCredential,
  TokenCredential,
} from './options.ts';
export { PublishError, type Published, publish } from './publish.ts';
export type {
  FetchLike,
  RequestLike,
  ResponseLike,
  WebSocketConstructor,
  WebSocketLike,
} from './runtime.ts';
export { type Subscription, subscribe } from './subscribe.ts';
