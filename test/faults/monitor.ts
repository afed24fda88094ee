/** Watches during a run who is behind, and so how long it takes to recover from each fault. */
import type { FaultKind } from './faults.ts';
import type { Subscription } from './subscription.ts';

/** An event may be under way for so long before whoever waits for it counts as behind. */
const GRACE_MS = 1000;

interface Pending {
  readonly kind: FaultKind;
  readonly at: number;
  /** Those who have not been seen where they should be since. */
  readonly awaited: Set<Subscription>;
  /** When one of them was last seen behind. */
  behindAt: number;
}

export class Monitor {
  /** Milliseconds from the fault until everybody had been where they should be, the longest of each kind. */
  readonly longest = new Map<FaultKind, number>();
  readonly counts = new Map<FaultKind, number>();
  #pending: Pending[] = [];

  /** Notes a fault; recovery from it counts from now. */
  note(kind: FaultKind, subscriptions: Iterable<Subscription>): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const at = performance.now();
    this.#pending.push({ kind, at, awaited: new Set(subscriptions), behindAt: at });
  }

  /** To be called often. */
  look(): void {
    const now = performance.now();
    this.#pending = this.#pending.filter((pending) => {
      const { kind, at, awaited } = pending;
      // It takes as long until one who misses something counts as behind.
      const isKnown = now >= at + 2 * GRACE_MS;
      for (const each of awaited) {
        if (each.isBehind(now - GRACE_MS)) pending.behindAt = now;
        else if (isKnown) awaited.delete(each);
      }
      if (awaited.size > 0) return true;
      this.longest.set(kind, Math.max(pending.behindAt - at, this.longest.get(kind) ?? 0));
      return false;
    });
  }
}
