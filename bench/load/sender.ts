/** How what is published goes to a server. */
export interface Sender {
  /** @returns what the server said if it did not accept it */
  send(body: string): Promise<string | undefined>;
  /** Closes its connections. */
  end(): void;
}
