/** The limits of `cli/listen/`, each with its unit and its reason. */

/** How long a program may take to answer a webhook: as long as senders of webhooks usually wait. */
export const LISTEN_TIMEOUT_MS = 30_000;

/** How long a program may take at least, though `--retry-for` is over sooner. */
export const MIN_LISTEN_TIMEOUT_MS = 1000;

/** The shortest wait before a webhook is sent again. */
export const LISTEN_MIN_BACKOFF_MS = 500;

/** The longest such wait: a program that is started again soon gets its events. */
export const LISTEN_MAX_BACKOFF_MS = 10_000;

/** Bytes of the answer to a rejected webhook that are read, to show why. */
export const MAX_LISTEN_ANSWER_BYTES = 4096;

/** Characters of that answer that are shown. */
export const MAX_LISTEN_SHOWN_CHARACTERS = 120;
