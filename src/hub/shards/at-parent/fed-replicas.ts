/**
 * The replicas of a hub or a region head: what each wants, and how far each has the journal. What they want is stored. How far
 * they are is known in memory: what a replica says itself counts.
 */

import { MIN_JOB_BACKOFF_MS } from '../../../objects/limits.ts';
import { parseHubName } from '../../../objects/names.ts';
import type { InterestRequest } from '../../../objects/replica-contract.ts';
import {
  covers,
  type Interest,
  interestIn,
  isSameInterest,
  matcherOf,
  type Wanted,
} from '../../../subscription/interest.ts';
import type { MatchedInterest } from './page-builder.ts';
import type { ReplicaTable, StoredReplica } from './replica-table.ts';

export interface FedReplica {
  readonly name: string;
  version: number;
  interest: Interest;
  matched: MatchedInterest;
  /** The sequence up to which it has the journal, as far as this object knows. */
  taken: number;
  /** Up to this sequence, it has all that it wants. */
  scanned: number;
  /** The same, since it was attached, whatever it has lost since then. */
  confirmed: number;
  /** Whether only the replica knows how far it is. */
  isUnsure: boolean;
  /** Whether a region head goes on without it. */
  isBehind: boolean;
  isFeeding: boolean;
  /** The feed that is under way, or was last. */
  call: Promise<void> | undefined;
  /** When it is fed again; Infinity if it is fed with the next event. */
  retryAt: number;
  backoffMs: number;
  /** As it said last. */
  sockets: number;
}

/** What of the table is needed here. */
type Table = Pick<ReplicaTable, 'all' | 'put' | 'setBehind' | 'delete'>;

export class FedReplicas {
  readonly #table: Table;
  readonly #hub: { readonly namespaceKey: string; readonly eventTypeNamespace: string };
  readonly #dropped: (wanted: Wanted) => void;
  /** Read when they are first needed. */
  #stored: readonly StoredReplica[] | undefined;
  /** Undefined until it is known where the journal ended when the object woke. */
  #replicas: Map<string, FedReplica> | undefined;
  #changes = 0;

  /**
   * @param hub the name of the hub
   * @param dropped is told what a replica does not want any more
   */
  constructor(table: Table, hub: string, dropped: (wanted: Wanted) => void = () => undefined) {
    this.#table = table;
    this.#hub = parseHubName(hub);
    this.#dropped = dropped;
  }

  /** How often what they want together has changed. */
  get changes(): number {
    return this.#changes;
  }

  get isEmpty(): boolean {
    return this.#replicas === undefined ? this.#rows().length === 0 : this.#replicas.size === 0;
  }

  /**
   * To be called before they are fed.
   *
   * @param last where the journal ended when the object woke
   * @param isUnsure whether one of them may not have everything up to there
   */
  begin(last: number, isUnsure: boolean): void {
    if (this.#replicas !== undefined) return;
    this.#replicas = new Map();
    for (const { name, version, interest, behind } of this.#rows()) {
      const replica = this.#add(name, { version, interest }, behind ?? last);
      replica.isUnsure = isUnsure;
      if (isUnsure) replica.confirmed = 0;
      if (behind === undefined) continue;
      replica.isBehind = true;
      replica.retryAt = 0;
    }
  }

  /** When the first of them has to be fed again; Infinity if all are fed with the next event. */
  get firstDue(): number {
    if (this.#replicas !== undefined) return Math.min(...this.all().map(({ retryAt }) => retryAt));
    return this.#rows().some(({ behind }) => behind !== undefined) ? 0 : Number.POSITIVE_INFINITY;
  }

  names(): string[] {
    return [...(this.#replicas?.keys() ?? this.#rows().map(({ name }) => name))];
  }

  /** Those that are fed. */
  all(): FedReplica[] {
    return [...(this.#replicas?.values() ?? [])];
  }

  get(name: string): FedReplica | undefined {
    return this.#replicas?.get(name);
  }

  /** All that they want. */
  wanted(): Wanted[] {
    const all: readonly { readonly interest: Interest }[] =
      this.#replicas === undefined ? this.#rows() : this.all();
    return all.flatMap(({ interest }) => interest);
  }

  /** Whether one of them may want events of a hub. */
  wantEventsOf(hub: string): boolean {
    if (this.isEmpty) return false;
    const namespaces = parseHubName(hub);
    return this.#replicas === undefined
      ? matcherOf(this.wanted(), this.#hub).mayCoverHub(namespaces)
      : this.all().some(({ matched }) => matched.mayCoverHub(namespaces));
  }

  /**
   * The newest request counts. One that wants nothing is forgotten.
   *
   * @param position of a replica that is not known
   */
  accept(name: string, request: InterestRequest, position: number): FedReplica | undefined {
    const replica = this.get(name);
    const { version } = request;
    if (replica !== undefined && version <= replica.version) return replica;
    const interest = interestIn(request.interest);
    for (const wanted of replica?.interest ?? []) {
      if (!covers(interest, wanted)) this.#dropped(wanted);
    }
    if (interest.length === 0) {
      if (replica !== undefined) this.#forget(name);
      return undefined;
    }
    if (replica !== undefined && isSameInterest(interest, replica.interest)) {
      replica.version = version;
      return replica;
    }
    this.#changes++;
    this.#table.put(name, version, interest);
    if (replica === undefined) return this.#add(name, { version, interest }, position);
    replica.version = version;
    replica.interest = interest;
    replica.matched = this.#matched(interest);
    return replica;
  }

  /** A replica does not exist any more. */
  drop(replica: FedReplica): void {
    if (this.get(replica.name) !== replica) return;
    for (const wanted of replica.interest) this.#dropped(wanted);
    this.#forget(replica.name);
  }

  fellBehind(replica: FedReplica): void {
    if (replica.isBehind) return;
    replica.isBehind = true;
    this.#table.setBehind(replica.name, replica.taken);
  }

  caughtUp(replica: FedReplica): void {
    if (!replica.isBehind) return;
    replica.isBehind = false;
    this.#table.setBehind(replica.name, undefined);
  }

  #forget(name: string): void {
    this.#changes++;
    this.#replicas?.delete(name);
    this.#table.delete(name);
  }

  #add(name: string, { version, interest }: InterestRequest, position: number): FedReplica {
    const replica: FedReplica = {
      name,
      version,
      interest,
      matched: this.#matched(interest),
      taken: position,
      scanned: position,
      confirmed: position,
      isUnsure: false,
      isBehind: false,
      isFeeding: false,
      call: undefined,
      retryAt: Number.POSITIVE_INFINITY,
      backoffMs: MIN_JOB_BACKOFF_MS,
      sockets: 0,
    };
    this.#replicas?.set(name, replica);
    return replica;
  }

  #matched(interest: Interest): MatchedInterest {
    return { key: JSON.stringify(interest), ...matcherOf(interest, this.#hub) };
  }

  #rows(): readonly StoredReplica[] {
    this.#stored ??= this.#table.all();
    return this.#stored;
  }
}
