/**
 * Registers a hub with the wildcard hubs that it may have to feed: that of its own Vault namespace, and those of the
 * namespaces above. It registers before its first event is acknowledged, and each answers with a feed request, and with what
 * destinations want. When it has no events and no subscribers any more, it unregisters.
 */

import { logError } from '../../../lib/log.ts';
import { ancestorsOf } from '../../../namespace/namespace.ts';
import type {
  FeedPosition,
  Registration,
  RegistrationRefusal,
  Unregistration,
} from '../../../objects/hub-contract.ts';
import { hubOfObject, parseHubName, wildcardHubName } from '../../../objects/names.ts';
import { namespaceDeleted } from '../../../objects/namespace-end.ts';
import { callWildcardHub } from '../../../objects/stubs.ts';
import type { Journal } from '../../journal/journal.ts';
import { REGISTRATION_CHECK_MS } from '../../limits.ts';
import type { Announcements } from '../../notices/announcements.ts';
import type { EventSupply } from '../../subscribers/event-supply.ts';
import type { FeedTargets } from './feed-targets.ts';

export const REGISTERED_AT_KEY = 'registered_at';

export class SelfRegistration implements EventSupply {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #journal: Journal;
  readonly #targets: FeedTargets;
  readonly #announcements: Announcements;
  /** Unix milliseconds, 0 for never. Read once: every publish asks for it. */
  #registeredAt: number | undefined;
  /** Whether the wildcard hub of its own namespace knows that it has subscribers. */
  #isKnown = false;
  #wasDeleted = false;
  /** Whether one of those above has refused it, and others may not have. */
  #wasRefusedAbove = false;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    journal: Journal,
    targets: FeedTargets,
    announcements: Announcements,
  ) {
    this.#ctx = ctx;
    this.#env = env;
    this.#journal = journal;
    this.#targets = targets;
    this.#announcements = announcements;
  }

  /**
   * Registers once, and renews the registration from time to time. So a registry that was lost is filled again.
   *
   * @param publisher of the first event
   * @returns why this hub gets no slot
   */
  async register(publisher: string): Promise<RegistrationRefusal | undefined> {
    if (!this.#isRegistered) {
      return this.#registerWithAll({ publisher, journalEnd: this.#journalEnd() });
    }
    if (Date.now() - this.#lastRegisteredAt < REGISTRATION_CHECK_MS) return undefined;
    try {
      const refused = await this.#registerWithAll({ publisher, isRenewal: true });
      if (refused !== undefined) logError(`${this.#hub} has lost its slot: ${refused.reason}`);
    } catch (error) {
      logError('a wildcard hub does not renew the registration', error);
    }
    return undefined;
  }

  /**
   * Before the first subscriber of a hub without events: the wildcard hub learns of the hub, so that the hub is deleted
   * with its namespace. The hub learns whether it had a journal that was lost.
   */
  async prepare(): Promise<undefined> {
    if (this.#isRegistered || this.#isKnown) return;
    const isRegistered = await callWildcardHub(this.#env, this.#ownWildcardHub, (stub) =>
      stub.registerWithoutEvents(this.#hub),
    );
    this.#journal.createHeader(!isRegistered);
    this.#isKnown = true;
  }

  /** Registers a hub that was restored: it has forgotten which wildcard hubs want its events. */
  async resume(): Promise<void> {
    if (this.#isRegistered || this.#journal.isEmpty) return;
    const refused = await this.#registerWithAll({ isRenewal: true });
    if (refused !== undefined) throw new Error(`${this.#hub} gets no slot: ${refused.reason}`);
  }

  /** A wildcard hub that does not know this hub has lost its storage. */
  async registerAgain(name: string): Promise<void> {
    if (this.#wasDeleted) throw namespaceDeleted(parseHubName(this.#hub).namespaceKey);
    this.#targets.forget(name);
    const refused = await this.#registerWithAll({ isRenewal: true });
    if (refused !== undefined) throw new Error(`${name} has no slot for this hub`);
  }

  /** Unregisters. If the namespace was deleted, its own wildcard hub is deleted as well. */
  async leave(why: 'idle' | 'deleted'): Promise<void> {
    this.#wasDeleted = why === 'deleted';
    const { namespaceKey } = parseHubName(this.#hub);
    const own = this.#wasDeleted ? [] : [namespaceKey];
    const mayBeKnown = this.#isRegistered || this.#wasDeleted || this.#wasRefusedAbove;
    const above = mayBeKnown ? ancestorsOf(namespaceKey) : [];
    this.#wasRefusedAbove = false;
    const { trimmedUntil, trimmedThrough, epoch } = this.#journal;
    const unregistrations = [...own, ...above]
      .map(wildcardHubName)
      .map((name): [string, Unregistration] => [
        name,
        { epoch, trimmedUntil, trimmedThrough, version: this.#targets.versionOf(name) },
      ]);
    // The next event registers the hub again, even if one of these calls fails.
    this.#ctx.storage.kv.delete(REGISTERED_AT_KEY);
    this.#registeredAt = 0;
    this.#isKnown = false;
    this.#targets.forgetAll();
    await Promise.all(
      unregistrations.map(([name, unregistration]) =>
        callWildcardHub(this.#env, name, (stub) => stub.unregister(this.#hub, unregistration)),
      ),
    );
  }

  async #registerWithAll(registration: Registration): Promise<RegistrationRefusal | undefined> {
    const names = ancestorsOf(parseHubName(this.#hub).namespaceKey).map(wildcardHubName);
    const refused = await this.#registerWith(this.#ownWildcardHub, registration);
    if (refused !== undefined) return refused;
    const above = await Promise.all(names.map((name) => this.#registerWith(name, registration)));
    const refusedAbove = above.find((each) => each !== undefined);
    if (refusedAbove !== undefined) {
      this.#wasRefusedAbove = true;
      return refusedAbove;
    }
    this.#registeredAt = Date.now();
    this.#ctx.storage.kv.put(REGISTERED_AT_KEY, this.#registeredAt);
    return undefined;
  }

  async #registerWith(
    name: string,
    registration: Registration,
  ): Promise<RegistrationRefusal | undefined> {
    const registered = await callWildcardHub(
      this.#env,
      name,
      async (stub) => await stub.register(this.#hub, registration),
    );
    if (!registered.ok) return registered.failure;
    const { announcement, ...request } = registered.value;
    if (name === this.#ownWildcardHub) {
      this.#journal.createHeader(request.wasRegistered === false);
    }
    this.#targets.accept(name, request);
    if (announcement !== undefined) {
      this.#announcements.accept(parseHubName(name).namespaceKey, announcement);
    }
    return undefined;
  }

  get #isRegistered(): boolean {
    return this.#lastRegisteredAt > 0;
  }

  get #lastRegisteredAt(): number {
    this.#registeredAt ??= this.#ctx.storage.kv.get<number>(REGISTERED_AT_KEY) ?? 0;
    return this.#registeredAt;
  }

  /** Where the journal ended, if it had events and has none any more. Creates no header. */
  #journalEnd(): FeedPosition | undefined {
    const journal = this.#journal;
    if (!journal.isEmpty || journal.isUnused) return undefined;
    return { epoch: journal.epoch, taken: journal.trimmedThrough };
  }

  get #ownWildcardHub(): string {
    return wildcardHubName(parseHubName(this.#hub).namespaceKey);
  }

  get #hub(): string {
    return hubOfObject(this.#ctx.id.name);
  }
}
