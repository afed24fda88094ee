/** Watches during a run who is behind, and so how long it takes to recover from each fault. */
import type { FaultKind } from './faults.ts';
import type { Subscription } from './subscription.ts';

/** An event may be under way for so long before whoever waits for it counts as behind. */
const GRACE_MS = 1000;

interface Pending {
  readonly kind: FaultKind;
  readonly at: number;
}

export class Monitor {
  /** Milliseconds from the fault until everybody was where they should be, the longest of each kind. */
  readonly longest = new Map<FaultKind, number>();
  readonly counts = new Map<FaultKind, number>();
  #pending: Pending[] = [];
  #lastBehindAt = 0;

  /** Notes a fault; recovery from it counts from now. */
  note(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.#pending.push({ kind, at: performance.now() });
  }

  /** To be called often. @returns how many are behind */
  look(subscriptions: Iterable<Subscription>): number {
    const now = performance.now();
    let behind = 0;
    for (const each of subscriptions) if (each.isBehind(now - GRACE_MS)) behind++;
    if (behind > 0) {
      this.#lastBehindAt = now;
      return behind;
    }
    this.#pending = this.#pending.filter(({ kind, at }) => {
      // It takes as long until one who misses something counts as behind.
      if (now < at + 2 * GRACE_MS) return true;
      const took = Math.max(0, this.#lastBehindAt - at);
      this.longest.set(kind, Math.max(took, this.longest.get(kind) ?? 0));
      return false;
    });
    return 0;
  }
}
