/** The limits of `destination/`, each with its unit and its reason. */

/** Policies of one destination: as many as a token has. Each is read before each attempt. */
export const MAX_DESTINATION_POLICIES = 100;

/** Events of one batch. Cloudflare Queues takes no more messages at a time. */
export const MAX_BATCH_EVENTS = 100;

/** How long an event waits for others of its batch. */
export const MAX_BATCH_WAIT_SECONDS = 60;

/** Batches of one destination under way at a time. Each holds its events in memory, and a connection. */
export const MAX_CONCURRENCY = 4;

/** Attempts at one batch. */
export const MAX_ATTEMPTS = 100;

/** The same, if the operator does not choose it: two days of the schedule, so `max_age` usually ends it. */
export const DEFAULT_ATTEMPTS = 20;

/** How long a batch is tried: at least. Shorter, and a receiver that restarts would lose events. */
export const MIN_DELIVERY_AGE_SECONDS = 60;

/** At most: what is older was usually trimmed, and a receiver that is away for a week needs an operator. */
export const MAX_DELIVERY_AGE_SECONDS = 7 * 24 * 60 * 60;

/** If the operator does not choose it: as long as a journal retains events by default. */
export const DEFAULT_DELIVERY_AGE_SECONDS = 24 * 60 * 60;

/** Secrets of one webhook: the receiver's, and others while they are replaced. Each signs every request. */
export const MAX_DESTINATION_SECRETS = 4;

/** A secret that signs webhooks, in bytes: what Standard Webhooks asks for. */
export const MIN_SIGNING_SECRET_BYTES = 24;
export const MAX_SIGNING_SECRET_BYTES = 64;

/** Headers that an operator may add to the requests of a webhook. */
export const MAX_WEBHOOK_HEADERS = 20;

/** Characters of such a header, name and value: an access token fits. */
export const MAX_WEBHOOK_HEADER_CHARACTERS = 4096;

/** How long one attempt may take, the answer included: what Standard Webhooks advises. */
export const MAX_ATTEMPT_MS = 15_000;

/** Bytes of the answer to a webhook that are read. */
export const MAX_ANSWER_BYTES = 1024;

/** Characters of the answer, or of the message of an error, that are stored with an attempt. */
export const MAX_ANSWER_CHARACTERS = 256;

/**
 * Bytes of the messages of one call of a queue. Cloudflare Queues takes 256,000, its own metadata included, which is about
 * 100 bytes a message.
 */
export const MAX_QUEUE_CALL_BYTES = 240_000;

/** Messages of one call of a queue: what Cloudflare Queues takes. */
export const MAX_QUEUE_CALL_MESSAGES = 100;

/** Bytes of one message of a queue. Cloudflare Queues takes 128,000, its own metadata included. */
export const MAX_QUEUE_MESSAGE_BYTES = 127_000;
/** The events of a batch together, as JSON frames. A request of this size passes the servers in front of most receivers. */
export const MAX_BATCH_BYTES = 1024 * 1024;

/** The longest wait that a receiver can ask for with `Retry-After`: as long as the schedule waits in the end. */
export const MAX_RETRY_AFTER_MS = 4 * 60 * 60 * 1000;

/** Attempts that a destination remembers, for an operator. */
export const MAX_STORED_ATTEMPTS = 100;

/** After so many failures in a row, the server publishes `carillon/destination-failing`. */
export const FAILING_AFTER = 10;
