/**
 * What a destination is, as an operator writes it: a durable subscription whose events the server delivers, and to where.
 * Secrets are not part of it.
 */

/** A target that the server calls by a binding of its environment, or by a URL. */
export type TargetSettings =
  /** A service binding: the RPC method `events(batch)` of the Worker's entrypoint. */
  | { readonly type: 'worker'; readonly binding: string }
  /** A producer binding of Cloudflare Queues. */
  | { readonly type: 'queue'; readonly binding: string }
  | WebhookSettings;

export interface WebhookSettings {
  readonly type: 'webhook';
  /** As `lib/public-url.ts` allows it. */
  readonly url: string;
  /** Headers that are sent with each request, beside those that the server sets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the receiver has to agree, as CloudEvents' webhook handshake asks it, before anything is sent. */
  readonly handshake: 'required' | 'off';
}

/** The form of what is sent. A `worker` and a `queue` are given CloudEvents, or what a stock subscriber gets. */
export type Format = (typeof FORMATS)[number];

export const FORMATS = [
  'cloudevents-structured',
  'cloudevents-binary',
  'cloudevents-batch',
  'vault',
] as const;

/** What becomes of events that cannot be delivered: a dead letter, or the destination pauses and keeps its place. */
export type DeadLetter =
  /** An event of the type `carillon/undelivered`. */
  | { readonly kind: 'event' }
  /** The name of another destination of the same Vault namespace. */
  | { readonly kind: 'destination'; readonly name: string }
  | { readonly kind: 'pause' };

export interface DestinationSettings {
  /** Glob over event types. */
  readonly pattern: string;
  /** Globs over the paths of Vault namespaces. The first is that of the destination. */
  readonly namespaces: readonly string[];
  /** Filter expression; empty for none. */
  readonly filter: string;
  /** Names, sorted: by these the destination sees. They are of the Vault namespace of the destination. */
  readonly policies: readonly string[];
  readonly target: TargetSettings;
  readonly format: Format;
  /** Events of a batch. 1: each event alone. */
  readonly batchMaxEvents: number;
  /** How long an event waits for others, in milliseconds. */
  readonly batchMaxWaitMs: number;
  /** Batches under way at a time. 1: in order within an event-type namespace. */
  readonly concurrency: number;
  /** Attempts at a batch. */
  readonly maxAttempts: number;
  /** How long a batch is tried, from its first attempt. Milliseconds. */
  readonly maxAgeMs: number;
  readonly deadLetter: DeadLetter;
}
