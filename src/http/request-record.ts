/** What a request did, for the log of requests. It has no secret, and of the content of an event only the path. */
import { factsOf } from '../event/facts.ts';
import type { CheckedEvent } from '../ingest/read-events.ts';
import { MAX_LOGGED_EVENTS } from './limits.ts';
import type { PublishOutcome } from './publishing/outcomes.ts';

/** An event that the request published, or tried to publish. */
interface LoggedEvent {
  readonly type: string;
  /** The Vault namespace, with a trailing slash; absent for root. */
  readonly namespace?: string;
  /** The metadata `path`; empty if it has none. */
  readonly path: string;
  readonly id: string;
  readonly outcome: PublishOutcome;
}

/** A delivery to a source. `challenge`: the vendor only checks the address. */
interface LoggedDelivery {
  readonly source: string;
  readonly kind: string;
  readonly sender: 'unverified' | 'verified' | 'challenge';
}

interface LoggedSubscription {
  readonly pattern: string;
  readonly transport: string;
}

export class RequestRecord {
  #events: readonly LoggedEvent[] = [];
  #moreEvents = 0;
  #delivery: LoggedDelivery | undefined;
  #subscription: LoggedSubscription | undefined;
  /** Whether the upstream answered the request. */
  isPassedOn = false;

  /** @param outcomes of each event, in their order */
  addEvents(events: readonly CheckedEvent[], outcomes: readonly PublishOutcome[]): void {
    const first = events.slice(0, MAX_LOGGED_EVENTS);
    this.#events = first.map(({ event }, index) => {
      const { event_type: type, namespace, path } = factsOf(event);
      const outcome = outcomes[index] ?? 'failed';
      return { type, ...(namespace !== '' && { namespace }), path, id: event.id, outcome };
    });
    this.#moreEvents = events.length - first.length;
  }

  setDelivery(delivery: LoggedDelivery): void {
    this.#delivery = delivery;
  }

  setSubscription(subscription: LoggedSubscription): void {
    this.#subscription = subscription;
  }

  /** The members of the line that say what the request did. */
  members(): Readonly<Record<string, unknown>> {
    return {
      ...(this.isPassedOn && { passed_on: true }),
      ...(this.#delivery && { webhook: this.#delivery }),
      ...(this.#subscription && { subscription: this.#subscription }),
      ...(this.#events.length > 0 && { events: this.#events }),
      ...(this.#moreEvents > 0 && { more_events: this.#moreEvents }),
    };
  }
}
