/**
 * The `carillon.v1` subscribers that wait until the hub has room for what they lack, because others hold so much
 * unacknowledged. When something is acknowledged, those that wait longest come first. Each gets a page, and then it waits
 * behind the others.
 */
import type { AckingSubscriber } from '../flow-control/acking-subscriber.ts';

/** Subscribers, one after the other, for which there is no room, until others are not looked at. */
const MAX_FAILURES = 16;

export class RoomQueue {
  readonly #waiting = new Map<AckingSubscriber, WebSocket>();
  #isAdmitting = false;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Adds a subscriber at the end. */
  add(subscriber: AckingSubscriber, socket: WebSocket): void {
    this.#waiting.delete(subscriber);
    this.#waiting.set(subscriber, socket);
  }

  delete(subscriber: AckingSubscriber): void {
    this.#waiting.delete(subscriber);
  }

  /**
   * Lets those that wait try again, each once.
   *
   * @param turn resolves when the hub has time for one of them; undefined if it has time now
   * @param resume adds the subscriber again if there is no room for it
   */
  async admit(
    turn: () => Promise<void> | undefined,
    resume: (socket: WebSocket, subscriber: AckingSubscriber) => void,
  ): Promise<void> {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    try {
      let failures = 0;
      for (let left = this.#waiting.size; left > 0 && failures < MAX_FAILURES; left--) {
        await turn();
        const [next] = this.#waiting;
        if (next === undefined) return;
        const [subscriber, socket] = next;
        this.#waiting.delete(subscriber);
        resume(socket, subscriber);
        failures = this.#waiting.has(subscriber) ? failures + 1 : 0;
      }
    } finally {
      this.#isAdmitting = false;
    }
  }
}
