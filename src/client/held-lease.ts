/** The lease that the server gave the client to reconnect with. It is kept in memory only. */

/** No platform takes another text as a subprotocol. */
const LEASE = /^[\w.-]{1,2048}$/;

export class HeldLease {
  #text: string | undefined;
  /** Of the connection. A program that has another token by now may be another user. */
  #token: string | undefined;
  #hasFailed = false;

  /** A hello has come, with a lease or without one. */
  replace(text: string | undefined, token: string | undefined): void {
    this.#text = text !== undefined && LEASE.test(text) ? text : undefined;
    this.#token = token;
    this.#hasFailed = false;
  }

  /**
   * The lease to send with the next attempt. After an attempt with it that failed without a reason, the next one sends a
   * ticket: perhaps the hub does not know the token any more. If that fails too, the server has another problem, in which
   * a lease costs it less.
   *
   * @param token that the program has now
   */
  forAttempt(token: string | undefined): string | undefined {
    if (this.#hasFailed || token !== this.#token) {
      this.#hasFailed = false;
      return undefined;
    }
    return this.#text;
  }

  /** The handshake with the lease failed, and nobody says why. */
  failed(): void {
    this.#hasFailed = true;
  }

  /** The server answered that it does not take the lease. */
  refused(): void {
    this.#text = undefined;
  }
}
