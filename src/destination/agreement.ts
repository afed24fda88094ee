/** What a receiver has agreed to in the handshake of CloudEvents webhooks. */
export interface Agreement {
  /** Whom it expects requests from. Each of them says so in the header `WebHook-Request-Origin`. */
  readonly origin: string;
  /** The least milliseconds between the starts of two attempts; 0 if it set no rate. */
  readonly paceMs: number;
}
