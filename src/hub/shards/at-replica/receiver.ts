/** Receives what the parent of a replica feeds, and says how far it has the journal and what it wants. */

import type { Alarms } from '../../../objects/alarms.ts';
import type { ReplicaPage, ReplicaReceipt } from '../../../objects/replica-contract.ts';
import type { PageIntake } from './page-intake.ts';
import type { PageKeeper } from './page-keeper.ts';
import type { ReplicaInterest } from './replica-interest.ts';
import type { ReplicaJournal } from './replica-journal.ts';
import type { StoredInterest } from './stored-interest.ts';

interface ReceiverParts {
  readonly alarms: Alarms;
  readonly journal: ReplicaJournal;
  readonly intake: PageIntake;
  readonly keeper: PageKeeper;
  readonly interest: ReplicaInterest;
  readonly storedInterest: StoredInterest;
  /** Open sockets, with those of its shards. */
  readonly countSockets: () => number;
}

export class Receiver {
  readonly #parts: ReceiverParts;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** Does not wait for an attach: the parent may wait for this before it answers that. */
  async receive(page: ReplicaPage): Promise<ReplicaReceipt> {
    const { alarms, journal, intake, keeper, interest, storedInterest, countSockets } = this.#parts;
    const kept = await intake.fed(page);
    await kept?.whole;
    alarms.arm();
    const { position } = keeper;
    // Without a position, the parent would take it for one that has gone.
    if (position === undefined) throw new Error('the replica cannot take a page now');
    const request = interest.lessThan(page);
    // What was fed before has all that is still wanted.
    if (request !== undefined) {
      storedInterest.note(request);
      journal.confirmed(request.version);
    }
    return { taken: position, ...(request && { request }), sockets: countSockets() };
  }
}

/** The receipt of a replica that has nothing, and wants nothing. */
export function receiptOfNobody({ journal, through, version }: ReplicaPage): ReplicaReceipt {
  return {
    taken: { epoch: journal.epoch, taken: through },
    request: { version: Math.max(Date.now(), version + 1), interest: [] },
    sockets: 0,
  };
}
