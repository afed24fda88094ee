/** Registers the hubs that have events, or only subscribers, with a wildcard hub, and tells them what destinations want. */

import { whyReserved } from '../../../event/reserved-type.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { ROOT } from '../../../namespace/namespace.ts';
import { overQuota } from '../../../namespace/quota.ts';
import type { Announcement } from '../../../objects/announcement.ts';
import type {
  FeedRequest,
  Registration,
  RegistrationRefusal,
  Unregistration,
} from '../../../objects/hub-contract.ts';
import { MAX_HUBS } from '../../../objects/limits.ts';
import { parseHubName } from '../../../objects/names.ts';
import { namespaceDeleted } from '../../../objects/namespace-end.ts';
import { callAuthorityFromHub } from '../../../objects/stubs.ts';
import type { Journal } from '../../journal/journal.ts';
import type { StoredAnnouncement } from '../../notices/stored-announcement.ts';
import type { KnownQuotas } from '../../quotas/known-quotas.ts';
import type { FeedDemand } from './feed-demand.ts';
import { type FeedPositions, isMissing } from './feed-positions.ts';
import type { FeedWriter } from './feed-writer.ts';
import type { KnownHubs } from './known-hubs.ts';

interface RegistrationParts {
  readonly env: Env;
  readonly namespaceKey: string;
  readonly journal: Journal;
  readonly knownHubs: KnownHubs;
  readonly positions: FeedPositions;
  readonly demand: FeedDemand;
  readonly writer: FeedWriter;
  readonly quotas: KnownQuotas;
  readonly announced: StoredAnnouncement;
}

export class Registrar {
  readonly #parts: RegistrationParts;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  async register(
    hub: string,
    { publisher, journalEnd, isRenewal = false }: Registration,
  ): Promise<Result<FeedRequest, RegistrationRefusal>> {
    const { knownHubs, positions, demand, writer, announced } = this.#parts;
    const isOwn = knownHubs.isOwn(hub);
    if (isOwn && !knownHubs.has(hub)) await this.checkNamespace();
    const isCounted = whyReserved(parseHubName(hub).eventTypeNamespace) === undefined;
    const maxHubs = knownHubs.has(hub) || !isCounted ? undefined : await this.#maxHubs();
    await announced.learn();
    // The calls that wait may have registered it meanwhile.
    const isNew = !knownHubs.has(hub);
    if (isOwn && isNew) {
      const refusal = knownHubs.refusal(publisher);
      if (refusal !== undefined) return { ok: false, failure: refusal };
    }
    if (isNew && maxHubs !== undefined && knownHubs.size >= maxHubs) {
      const quota = overQuota(this.#parts.namespaceKey, 'hubs', maxHubs);
      return { ok: false, failure: { reason: 'over_quota', quota } };
    }
    // Its earlier events were accounted for when it unregistered.
    if (journalEnd !== undefined && isNew) positions.put(hub, journalEnd);
    const wanted = demand.wants(hub);
    if (isRenewal && !isNew) return ok(this.#announcing(knownHubs.request(hub, wanted)));
    // While the registry did not know the hub, subscribers may have missed its events.
    if (isRenewal && wanted) writer.appendGap(hub);
    return ok(this.#announcing(knownHubs.add(hub, wanted, publisher ?? '')));
  }

  /** @returns the hubs that are registered. Those that follow are told with the answer */
  async announce(announcement: Announcement): Promise<string[]> {
    const { announced, knownHubs } = this.#parts;
    if (!announced.isNeeded && knownHubs.isEmpty) await this.checkNamespace();
    announced.accept(announcement);
    return knownHubs.all();
  }

  async registerWithoutEvents(hub: string): Promise<boolean> {
    const { namespaceKey, knownHubs } = this.#parts;
    if (knownHubs.has(hub)) return true;
    await this.checkNamespace();
    // The hubs of another namespace are deleted with it, so none may be missing.
    const isListed = namespaceKey !== ROOT || knownHubs.countWithoutEvents() < MAX_HUBS;
    if (isListed) knownHubs.addWithoutEvents(hub);
    return false;
  }

  unregister(hub: string, unregistration: Unregistration): void {
    const { journal, knownHubs, positions, writer } = this.#parts;
    const { version, trimmedUntil } = unregistration;
    const registered = knownHubs.versionOf(hub);
    if ((registered ?? 0) > version) return;
    if (registered !== undefined && this.#mayMiss(hub, unregistration)) writer.appendGap(hub);
    // Events of the hub up to this time may be missing in this journal.
    if (trimmedUntil > journal.trimmedUntil) {
      journal.setCoverage(journal.recordedSince, trimmedUntil);
    }
    knownHubs.delete(hub, version);
    positions.delete(hub);
  }

  /** In the turn in which a hub is registered, so that it is told of what is announced before or after. */
  #announcing(request: FeedRequest): FeedRequest {
    const { value } = this.#parts.announced;
    return value === undefined ? request : { ...request, announcement: value };
  }

  /** The quota counts the hubs of this Vault namespace and of those below. */
  async #maxHubs(): Promise<number | undefined> {
    const { namespaceKey, quotas } = this.#parts;
    const { all } = await quotas.current();
    return all.find(({ namespace }) => namespace === namespaceKey)?.limits.hubs;
  }

  /** Whether a hub had events that it did not feed, and that a subscriber that reconnects may be missing. */
  #mayMiss(hub: string, { epoch, trimmedThrough }: Unregistration): boolean {
    const { demand, positions } = this.#parts;
    if (!demand.hasPositions) return false;
    const position = positions.get(hub);
    if (trimmedThrough === undefined) return position !== undefined && position.epoch !== epoch;
    return epoch === undefined || isMissing(position, epoch, trimmedThrough);
  }

  /** @throws if the namespace was deleted: a Worker may still know its name */
  async checkNamespace(): Promise<void> {
    const { env, namespaceKey } = this.#parts;
    if (namespaceKey === ROOT) return;
    const exists = await callAuthorityFromHub(env, namespaceKey, (authority) => authority.exists());
    if (!exists) throw namespaceDeleted(namespaceKey);
  }
}
