/** Counts the handshakes that fail without a reason, and says when the client asks the server why. */
import { HANDSHAKES_PER_QUESTION } from './bounds.ts';

export class Questions {
  /** A program that was never connected learns at once what is wrong with its subscription. */
  #left = 1;

  /** Counts such a handshake. @returns whether to ask */
  isDue(): boolean {
    this.#left--;
    if (this.#left > 0) return false;
    this.#left = HANDSHAKES_PER_QUESTION;
    return true;
  }

  /** The answer was a reason that lasts, so the next one matters as much: the server is not overloaded. */
  explained(): void {
    this.#left = 1;
  }

  connected(): void {
    this.#left = HANDSHAKES_PER_QUESTION;
  }
}
