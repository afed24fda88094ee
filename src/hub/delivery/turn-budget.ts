/**
 * What a hub does in one turn of the event loop. A hub is a single thread: while it sends, nobody else is answered,
 * and what it sends waits in memory until the turn ends. So long work stops when the budget of the turn is spent, and
 * goes on in the next.
 *
 * The clock of an object may stand still while it computes. So the budget counts bytes that are sent, about 10 ns
 * each, and other work as the bytes that take as long.
 */
import type { HubCounts } from '../../metrics/hub-metrics.ts';
import { MAX_TURN_BYTES } from '../limits.ts';
import { type Messages, send } from './send.ts';

/** What each socket costs, however little it is sent. */
const SOCKET_BYTES = 1024;

export class TurnBudget {
  readonly #counts: Pick<HubCounts, 'sentBytes'>;
  #spent = 0;

  /** @param counts of what the hub sends */
  constructor(counts: Pick<HubCounts, 'sentBytes'> = { sentBytes: 0 }) {
    this.#counts = counts;
  }

  get isSpent(): boolean {
    return this.#spent >= MAX_TURN_BYTES;
  }

  count(bytes: number): void {
    this.#spent += bytes;
  }

  send(socket: WebSocket, { messages, bytes }: Messages): void {
    if (messages.length === 0) return;
    send(socket, messages);
    this.#spent += SOCKET_BYTES + bytes;
    this.#counts.sentBytes += bytes;
  }

  /** Lets others have their turn. */
  async nextTurn(): Promise<void> {
    await scheduler.wait(0);
    this.begin();
  }

  /** To be called at the beginning of a turn. */
  begin(): void {
    this.#spent = 0;
  }
}
