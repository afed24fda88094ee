/**
 * What a hub does in one turn of the event loop. A hub is a single thread: while it sends, nobody else is
 * answered, and what it sends waits in memory until the turn ends. So whoever has much to do asks whether
 * the budget of the turn is spent, and lets others have a turn before it goes on.
 *
 * The clock of an object may stand still while it computes, so the budget is counted and not measured: in
 * bytes that are sent. A byte takes about 10 ns, and other work counts as many bytes as take as long.
 */
import { MAX_TURN_BYTES } from '../limits.ts';
import { send } from './send.ts';

/** Reaching a socket, however little it is sent. */
const SOCKET_BYTES = 1024;

export class TurnBudget {
  #spent = 0;

  get isSpent(): boolean {
    return this.#spent >= MAX_TURN_BYTES;
  }

  count(bytes: number): void {
    this.#spent += bytes;
  }

  send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): void {
    if (messages.length === 0) return;
    send(socket, messages);
    this.#spent += messages.reduce((bytes, { length }) => bytes + length, SOCKET_BYTES);
  }

  /** Lets others have their turn. */
  async turn(): Promise<void> {
    await scheduler.wait(0);
    this.begin();
  }

  /** To be called at the beginning of a turn. */
  begin(): void {
    this.#spent = 0;
  }
}
