/** What the receivers of a run have, for the checker and for people. */
import type { Ledger } from '../ledger.ts';
import { nameOfOther } from '../object-kind.ts';
import { CHILD, type RunEvent } from '../scenario.ts';
import { repeatedBatches } from './checker.ts';
import type { Followed } from './deliveries.ts';
import { LETTERS, needsLostRight, type Planned, UNDELIVERED } from './plan.ts';
import type { Receiver } from './receiver.ts';
import { undeliveredBy } from './undelivered.ts';

/** What a destination did. */
export interface Course {
  readonly name: string;
  readonly kind: Planned['kind'];
  readonly concurrency: number;
  readonly attempts: number;
  /** Batches that its receiver took, and the events in them. */
  readonly taken: number;
  readonly events: number;
  readonly deadLetters: number;
  /** Batches that brought what was taken before, and how many faults explain them. */
  readonly repeated: number;
  readonly faults: number;
}

interface Known {
  readonly ledger: Ledger;
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** When the objects began, each time with an empty memory, by their names. */
  readonly beginnings: ReadonlyMap<string, readonly number[]>;
  /** When the write of the policy was answered. */
  readonly revokedAt: number;
  /** How often a destination did not wait for an answer any longer. */
  readonly late: (name: string) => number;
}

export function followed(planned: Planned, known: Known): Followed<RunEvent> {
  const { name, wants, concurrency, maxEvents, policy, deadLetter } = planned;
  const { ledger, receivers, beginnings, revokedAt } = known;
  const receiver = receivers.get(name);
  const deadLetters =
    deadLetter === 'event'
      ? undeliveredBy(name, receivers.get(UNDELIVERED)?.ofServer ?? [], ledger)
      : typeof deadLetter === 'object'
        ? idsTaken(receivers.get(LETTERS))
        : [];
  return {
    name,
    wants,
    concurrency,
    maxEvents,
    ...(policy === 'losing' && { revocation: { at: revokedAt, concerns: needsLostRight } }),
    deliveries: receiver?.deliveries ?? [],
    deadLetters,
    faults:
      timesForgotten(planned, beginnings) +
      (receiver?.lies ?? 0) +
      Math.max(0, known.late(name) - (receiver?.unanswered ?? 0)),
  };
}

export function courseOf({ name, kind, concurrency }: Planned, it: Followed<RunEvent>): Course {
  const taken = it.deliveries.filter(({ isTaken }) => isTaken);
  return {
    name,
    kind,
    concurrency,
    attempts: it.deliveries.length,
    taken: taken.length,
    events: new Set(taken.flatMap(({ ids }) => ids)).size,
    deadLetters: new Set(it.deadLetters).size,
    repeated: repeatedBatches(it).length,
    faults: it.faults,
  };
}

/** How long after the right was lost the last event arrived that needs it. Milliseconds; undefined if none did. */
export function lastRevoked(
  those: readonly Followed<RunEvent>[],
  ledger: Ledger,
): number | undefined {
  const after = those.flatMap(({ revocation, deliveries }) => {
    if (revocation === undefined) return [];
    return deliveries
      .filter(({ at, ids }) => at > revocation.at && ids.some((id) => needs(ledger.get(id))))
      .map(({ at }) => at - revocation.at);
  });
  return after.length === 0 ? undefined : Math.max(...after);
}

/** Sentences about what proves nothing: what was to happen did not. */
export function vacuous(those: readonly Followed<RunEvent>[], ledger: Ledger): string[] {
  return those.flatMap(({ name, revocation, deliveries }) => {
    if (deliveries.length === 0) return [`${name} received nothing`];
    if (revocation === undefined) return [];
    const before = deliveries.some(
      ({ at, ids }) => at < revocation.at && ids.some((id) => needs(ledger.get(id))),
    );
    return before ? [] : [`${name} received nothing that needs the right that it lost`];
  });
}

/** Sentences about events of the server that were delivered to the destination that they are about. */
export function aboutThemselves(receivers: ReadonlyMap<string, Receiver>): string[] {
  return [...receivers].flatMap(([name, { ofServer }]) =>
    ofServer
      .filter(({ metadata }) => metadata.destination === name)
      .map(({ type, id }) => `${name} received ${id} (${type}), which is about itself`),
  );
}

function needs(event: RunEvent | undefined): boolean {
  return event !== undefined && needsLostRight(event);
}

function idsTaken(receiver: Receiver | undefined): string[] {
  return (receiver?.deliveries ?? []).filter(({ isTaken }) => isTaken).flatMap(({ ids }) => ids);
}

/** How often the object of a destination lost its memory: the server was killed, or the object aborted. */
function timesForgotten({ namespace, name }: Planned, beginnings: Known['beginnings']): number {
  const isIts = (object: string) =>
    object.startsWith(nameOfOther('destination', namespace === CHILD ? 'team-a' : '/')) &&
    object.endsWith(`/${name}`);
  const times = [...beginnings].filter(([object]) => isIts(object)).flatMap(([, begun]) => begun);
  return Math.max(0, times.length - 1);
}
