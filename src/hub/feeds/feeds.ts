/**
 * The wildcard hubs that a hub may have to feed: that of its own Vault namespace and those of the
 * namespaces above. It registers with each before its first acknowledgement, and learns from each whether it
 * is gathered from. When it has no event any more, and no subscriber, it gives its places back.
 *
 * A feed is read from the journal. Each wildcard hub remembers how far it has it, so that a call that
 * failed, or whose answer was lost, is made again without harm.
 */

import { logError } from '../../lib/log.ts';
import { ancestorsOf } from '../../namespace/namespace.ts';
import type { Alarms, AlarmTask } from '../../objects/alarms.ts';
import type {
  FeedPosition,
  FeedRequest,
  Registration,
  RegistrationRefusal,
  WildcardHubStub,
} from '../../objects/hub-contract.ts';
import { parseHubName, wildcardHubName } from '../../objects/hub-name.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { callWildcardHub } from '../../objects/stubs.ts';
import type { Journal } from '../journal/journal.ts';
import {
  MAX_FEED_BACKOFF_MS,
  MAX_FEED_BYTES,
  MAX_FEED_EVENTS,
  MAX_FEED_WAIT_MS,
  REGISTRATION_CHECK_MS,
} from '../limits.ts';

/** The last word of each wildcard hub, by its name. */
type Words = Readonly<Record<string, FeedRequest>>;

/** What is known of the feed of one wildcard hub. */
interface Feed {
  /** How far it has the journal; undefined until it said so. */
  taken: number | undefined;
  /** The call that is under way. */
  call: Promise<void> | undefined;
}

const WORDS_KEY = 'gathering';
const REGISTERED_KEY = 'registered';
const BEHIND_KEY = 'behind';
/** All that is stored here. */
export const FEED_KEYS: readonly string[] = [WORDS_KEY, REGISTERED_KEY, BEHIND_KEY];

export class Feeds implements AlarmTask {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #journal: Journal;
  readonly #alarms: Alarms;
  readonly #feeds = new Map<string, Feed>();
  /** What is stored, read once: every publish asks for it. */
  #registeredAt: number | undefined;
  /** Whether the wildcard hub of its own namespace knows that it has subscribers. */
  #attended = false;
  #lastWords: Words | undefined;
  /** When those who lack something are fed again; Infinity where nobody does. */
  #retryAt: number | undefined;
  #backoff = MIN_JOB_BACKOFF_MS;
  /** The hub is no more. */
  #ended = false;

  constructor(ctx: DurableObjectState, env: Env, journal: Journal, alarms: Alarms) {
    this.#ctx = ctx;
    this.#env = env;
    this.#journal = journal;
    this.#alarms = alarms;
  }

  get isRegistered(): boolean {
    return this.#registration() > 0;
  }

  /** Whether nobody lacks anything, and nothing is under way. */
  get isIdle(): boolean {
    return (
      this.nextDue() === Number.POSITIVE_INFINITY &&
      [...this.#feeds.values()].every(({ call }) => call === undefined)
    );
  }

  /**
   * Registers, once; and asks from time to time whether the registries still have it: one that was lost is
   * filled again so.
   *
   * @param publisher of the first event
   * @returns why this hub gets no place
   */
  async register(publisher: string | undefined): Promise<RegistrationRefusal | undefined> {
    if (!this.isRegistered) {
      return this.#registerWithAll({ publisher, journalEnd: this.#journalEnd() });
    }
    if (Date.now() - this.#registration() < REGISTRATION_CHECK_MS) return undefined;
    try {
      const refused = await this.#registerWithAll({ publisher, isRenewal: true });
      if (refused !== undefined) logError(`${this.#hub} has lost its place: ${refused.reason}`);
    } catch (error) {
      logError('a registry of hubs does not answer', error);
    }
    return undefined;
  }

  /**
   * Before the first subscriber of a hub without events: has the wildcard hub know it, so that it ends with
   * its namespace; and learns whether a journal of this hub was lost.
   */
  async attend(): Promise<void> {
    if (this.isRegistered || this.#attended) return;
    const { namespaceKey } = parseHubName(this.#hub);
    const name = wildcardHubName(namespaceKey);
    const isKnown = await this.#call(name, (stub) => stub.registerWithoutEvents(this.#hub));
    this.#journal.createHeader(!isKnown);
    this.#attended = true;
  }

  /**
   * Feeds those who gather with all that the journal has, and waits for it, but not for long: one that
   * cannot be reached is fed later, at an alarm that is set when this returns.
   *
   * @param before the place up to which they probably have it
   */
  async feed(before: number): Promise<void> {
    const gatherers = this.#gatherers();
    if (gatherers.length === 0) return;
    // One that is behind is the alarm's: no publisher waits for it again.
    if (this.nextDue() !== Number.POSITIVE_INFINITY) {
      await this.#alarms.arm();
      return;
    }
    const waited = new AbortController();
    const timeout = scheduler
      .wait(MAX_FEED_WAIT_MS, { signal: waited.signal })
      .then(() => Promise.reject(new Error(`no answer for ${MAX_FEED_WAIT_MS} ms`)));
    const fed = Promise.all(
      gatherers.map((name) => this.#feedThrough(name, this.#journal.last, before)),
    );
    try {
      await Promise.race([fed, timeout]);
    } catch (error) {
      logError('a wildcard hub was not fed and will be later', error);
      // Both may fail after the other, and nobody listens any more.
      fed.catch(() => undefined);
      await this.#fallBehind();
    } finally {
      timeout.catch(() => undefined);
      waited.abort();
    }
  }

  nextDue(): number {
    this.#retryAt ??=
      this.#ctx.storage.kv.get<boolean>(BEHIND_KEY) === true ? 0 : Number.POSITIVE_INFINITY;
    return this.#retryAt;
  }

  async run(now: number): Promise<void> {
    const { last } = this.#journal;
    try {
      await Promise.all(this.#gatherers().map((name) => this.#feedThrough(name, last, last)));
    } catch (error) {
      logError('a wildcard hub cannot be fed', error);
      this.#retryAt = now + this.#backoff;
      this.#backoff = Math.min(2 * this.#backoff, MAX_FEED_BACKOFF_MS);
      return;
    }
    this.#ctx.storage.kv.delete(BEHIND_KEY);
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#backoff = MIN_JOB_BACKOFF_MS;
    // What was published meanwhile was left to this.
    if (this.#journal.last > last) await this.feed(last);
  }

  /** The newest word of a wildcard hub counts, also before its answer to the registration. */
  heard(wildcardHub: string, word: FeedRequest): void {
    const words = this.#words();
    const known = words[wildcardHub];
    if (known !== undefined && word.version <= known.version) return;
    this.#setWords({ ...words, [wildcardHub]: word });
    // Between two words it may have been fed by nobody.
    this.#feedOf(wildcardHub).taken = undefined;
  }

  /** Leaves the registries. That of its own namespace ends with that. */
  async leave(until: 'until needed' | 'for good'): Promise<void> {
    this.#ended = until === 'for good';
    const { namespaceKey } = parseHubName(this.#hub);
    const own = this.#ended ? [] : [namespaceKey];
    const above = this.isRegistered || this.#ended ? ancestorsOf(namespaceKey) : [];
    const words = this.#words();
    // From here on the next event registers again, also where one of the calls fails.
    this.#ctx.storage.kv.delete(REGISTERED_KEY);
    this.#registeredAt = 0;
    this.#attended = false;
    this.#setWords({});
    const { trimmedUntil, trimmedThrough, epoch } = this.#journal;
    await Promise.all(
      [...own, ...above].map(wildcardHubName).map((name) => {
        const version = words[name]?.version ?? 0;
        return this.#call(name, (stub) =>
          stub.unregister(this.#hub, { epoch, trimmedUntil, trimmedThrough, version }),
        );
      }),
    );
  }

  /** Waits until a wildcard hub has everything up to a place, or wants it no longer. */
  async #feedThrough(name: string, through: number, before: number): Promise<void> {
    const feed = this.#feedOf(name);
    while (this.#words()[name]?.wanted && (feed.taken === undefined || feed.taken < through)) {
      feed.call ??= this.#feedPage(name, feed, before).finally(() => {
        feed.call = undefined;
      });
      await feed.call;
    }
  }

  async #feedPage(name: string, feed: Feed, before: number): Promise<void> {
    const after = feed.taken ?? before;
    const { epoch, trimmedThrough } = this.#journal;
    const { version = 0 } = this.#words()[name] ?? {};
    const records = this.#journal.read(after, MAX_FEED_EVENTS, MAX_FEED_BYTES);
    const { taken, request } = await this.#call(name, (stub) =>
      stub.receive({
        hub: this.#hub,
        epoch,
        trimmedThrough,
        after,
        records,
        version,
      }),
    );
    if (request === undefined) return this.#registerAgain(name);
    if (records.length > 0 && taken === after) throw new Error(`${name} takes nothing`);
    this.heard(name, request);
    feed.taken = taken;
  }

  /** A wildcard hub that does not know this hub has lost its storage. */
  async #registerAgain(name: string): Promise<void> {
    if (this.#ended) throw new Error('the namespace was deleted');
    const { [name]: _, ...words } = this.#words();
    this.#setWords(words);
    const refused = await this.#registerWithAll({ isRenewal: true });
    if (refused !== undefined) throw new Error(`${name} has no room for this hub`);
  }

  async #fallBehind(): Promise<void> {
    if (this.nextDue() === Number.POSITIVE_INFINITY) {
      this.#ctx.storage.kv.put(BEHIND_KEY, true);
      this.#retryAt = Date.now() + this.#backoff;
    }
    await this.#alarms.arm();
  }

  async #registerWithAll(claim: Registration): Promise<RegistrationRefusal | undefined> {
    const { namespaceKey } = parseHubName(this.#hub);
    const names = ancestorsOf(namespaceKey).map(wildcardHubName);
    const refused = await this.#registerWith(wildcardHubName(namespaceKey), claim);
    if (refused !== undefined) return refused;
    const above = await Promise.all(names.map((name) => this.#registerWith(name, claim)));
    const refusedAbove = above.find((each) => each !== undefined);
    if (refusedAbove !== undefined) return refusedAbove;
    this.#registeredAt = Date.now();
    this.#ctx.storage.kv.put(REGISTERED_KEY, this.#registeredAt);
    return undefined;
  }

  async #registerWith(name: string, claim: Registration): Promise<RegistrationRefusal | undefined> {
    const registered = await this.#call(
      name,
      async (stub) => await stub.register(this.#hub, claim),
    );
    if (!registered.ok) return registered.failure;
    const request = registered.value;
    if (name === wildcardHubName(parseHubName(this.#hub).namespaceKey)) {
      this.#journal.createHeader(request.wasRegistered === false);
    }
    this.heard(name, request);
    return undefined;
  }

  /** When it registered last, Unix milliseconds: 0 for never. A release before wrote only that it did. */
  #registration(): number {
    if (this.#registeredAt === undefined) {
      const stored = this.#ctx.storage.kv.get<number | boolean>(REGISTERED_KEY) ?? 0;
      this.#registeredAt = Number(stored);
    }
    return this.#registeredAt;
  }

  /** Where the journal ended, if it had events and has none any more. Creates no header. */
  #journalEnd(): FeedPosition | undefined {
    const journal = this.#journal;
    if (!journal.isEmpty || journal.isUnused) return undefined;
    return { epoch: journal.epoch, taken: journal.trimmedThrough };
  }

  #gatherers(): string[] {
    return Object.entries(this.#words())
      .filter(([, { wanted }]) => wanted)
      .map(([name]) => name);
  }

  #feedOf(name: string): Feed {
    let feed = this.#feeds.get(name);
    if (feed === undefined) {
      feed = { taken: undefined, call: undefined };
      this.#feeds.set(name, feed);
    }
    return feed;
  }

  #words(): Words {
    this.#lastWords ??= this.#ctx.storage.kv.get<Words>(WORDS_KEY) ?? {};
    return this.#lastWords;
  }

  #setWords(words: Words): void {
    this.#lastWords = words;
    this.#ctx.storage.kv.put(WORDS_KEY, words);
  }

  get #hub(): string {
    return this.#ctx.id.name ?? '';
  }

  #call<T>(name: string, call: (stub: WildcardHubStub) => Promise<T>): Promise<T> {
    return callWildcardHub(this.#env, name, call);
  }
}
