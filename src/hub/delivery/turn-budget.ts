/**
 * What the hubs of an isolate do in one turn of the event loop. They share a single thread: while one sends, nobody else is
 * answered, and what it sends waits in memory until the turn ends. So long work stops when the budget of the turn is
 * spent, and continues in the next, whatever the work is: a delivery, a replay, or catching up.
 *
 * The clock of an object may stand still while it computes. So the budget counts bytes that are sent, about 10 ns
 * each, and other work as the bytes that take as long. A turn is over when a timer fires that was set in it.
 */
import type { HubCounts } from '../../metrics/hub-metrics.ts';
import { MAX_TURN_BYTES } from '../limits.ts';
import { type Messages, send } from './send.ts';

/** What each socket costs, however little it is sent. */
const SOCKET_BYTES = 1024;

/** What is spent before a timer is set for the end of the turn. So small deliveries set none. */
const TIMED_BYTES = MAX_TURN_BYTES / 4;

/** Only numbers, because no promise may cross objects. */
const turn = { number: 0, spent: 0, isEnding: false };

export class TurnBudget {
  readonly #counts: Pick<HubCounts, 'sentBytes'>;

  /** @param counts of what the hub sends */
  constructor(counts: Pick<HubCounts, 'sentBytes'> = { sentBytes: 0 }) {
    this.#counts = counts;
  }

  get isSpent(): boolean {
    return turn.spent >= MAX_TURN_BYTES;
  }

  count(bytes: number): void {
    turn.spent += bytes;
    if (turn.spent >= TIMED_BYTES && !turn.isEnding) endTurn();
  }

  send(socket: WebSocket, { messages, bytes }: Messages): void {
    if (messages.length === 0) return;
    send(socket, messages);
    this.count(SOCKET_BYTES + bytes);
    this.#counts.sentBytes += bytes;
  }

  /** Lets others have their turn, until one has something left. */
  async nextTurn(): Promise<void> {
    do await turnAfter(turn.number);
    while (this.isSpent);
  }
}

async function endTurn(): Promise<void> {
  turn.isEnding = true;
  await turnAfter(turn.number);
}

/** @param number of the present turn. Another object may have begun the next one meanwhile, or have ended */
async function turnAfter(number: number): Promise<void> {
  await scheduler.wait(0);
  if (turn.number !== number) return;
  turn.number++;
  turn.spent = 0;
  turn.isEnding = false;
}
