/** What becomes of events that a destination gives up. Nothing of it is stored here: all can be done again. */

import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { type Concerned, type GivenUp, undeliveredEvent } from '../../destination/server-events.ts';
import type { DeadLetter } from '../../destination/settings.ts';
import { UNDELIVERED_TYPE } from '../../event/reserved-type.ts';
import { hexOf, sha256 } from '../../lib/digest.ts';
import { logError } from '../../lib/log.ts';
import { nameForOperators, parseHubName } from '../../objects/names.ts';
import { callDestination } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { MAX_HAND_OVER_MS } from './limits.ts';
import { publishServerEvents } from './server-publisher.ts';

const ID_CHARACTERS = 32;

interface DeadLettersParts {
  readonly env: Env;
  readonly namespaceKey: string;
  readonly concerned: Concerned;
}

export class DeadLetters {
  readonly #parts: DeadLettersParts;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /**
   * Stores what is known of the events elsewhere. Those that are dead letters already are dropped.
   *
   * @param events of one hub
   * @throws if that failed. It may have been done in part, and can be repeated
   */
  async store(
    events: readonly OutgoingEvent[],
    epoch: string,
    to: DeadLetter,
    givenUp: GivenUp,
  ): Promise<void> {
    const letters = events.filter((event) => !isLast(event));
    for (const event of events.filter(isLast)) this.#drop(event);
    if (letters.length === 0) return;
    const isTaken = to.kind === 'destination' && (await this.#handOver(letters, epoch, to.name));
    if (!isTaken) await this.#publish(letters, epoch, givenUp);
  }

  async #publish(events: readonly OutgoingEvent[], epoch: string, givenUp: GivenUp): Promise<void> {
    const { env, concerned } = this.#parts;
    const now = Date.now();
    const undelivered = await Promise.all(
      events.map(async (event) => {
        const id = await this.#idOf(event, epoch);
        return undeliveredEvent(id, event, concerned, givenUp, now);
      }),
    );
    const { namespaceKey } = parseHubName(events[0]?.hub);
    await publishServerEvents(env, namespaceKey, undelivered);
  }

  /** @returns false if the other destination does not take them */
  async #handOver(events: readonly OutgoingEvent[], epoch: string, name: string): Promise<boolean> {
    const { env, namespaceKey, concerned } = this.#parts;
    const letters = await Promise.all(
      events.map(async (event) => {
        const { hub, sequence, json } = event;
        return { id: await this.#idOf(event, epoch), hub, sequence, json, from: concerned.name };
      }),
    );
    const taking = callDestination(env, namespaceKey, name, (other) =>
      other.takeDeadLetters(letters),
    );
    const taken = await withTimeout(MAX_HAND_OVER_MS, taking);
    if (!taken.ok) {
      logError(
        `dead letters are published, as a destination did not take them: ${taken.failure.message}`,
      );
    }
    return taken.ok;
  }

  async #idOf({ hub, sequence, event }: OutgoingEvent, epoch: string): Promise<string> {
    const { namespaceKey, concerned } = this.#parts;
    const digest = await sha256(
      JSON.stringify([namespaceKey, concerned.name, hub, epoch, sequence, event.id]),
    );
    return hexOf(new Uint8Array(digest)).slice(0, ID_CHARACTERS);
  }

  #drop({ hub, sequence }: OutgoingEvent): void {
    logError(
      `a destination could not deliver a dead letter, and drops it: ${this.#parts.concerned.name}, event ${sequence} of ${nameForOperators(hub)}`,
    );
  }
}

/** Whether an event is a dead letter, and so never becomes another one. */
function isLast({ isDeadLetter = false, event }: OutgoingEvent): boolean {
  return isDeadLetter || event.event_type === UNDELIVERED_TYPE;
}
