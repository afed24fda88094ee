/**
 * The gathering hubs that a hub may have to feed: that of its own Vault namespace and those of the
 * namespaces above. It registers with each before its first acknowledgement and its first subscriber,
 * and learns from each whether it is gathered from.
 *
 * A feed is read from the journal. Each gathering hub remembers how far it has it, so that a call that
 * failed, or whose answer was lost, is made again without harm.
 */
import { callWithRetry } from '../call.ts';
import {
  MAX_FEED_BACKOFF_MS,
  MAX_FEED_BYTES,
  MAX_FEED_EVENTS,
  MAX_FEED_WAIT_MS,
  MIN_JOB_BACKOFF_MS,
} from '../limits.ts';
import { logError } from '../log.ts';
import { ancestorsOf } from '../namespace.ts';
import type { Alarms, Chore } from './alarms.ts';
import type { Gathering } from './gathering-hub.ts';
import type { Journal } from './journal.ts';
import { gatheringHubName, parseHubName } from './name.ts';

/** The last word of each gathering hub, by its name. */
type Words = Readonly<Record<string, Gathering>>;

/** What is known of the feed of one gathering hub. */
interface Feed {
  /** How far it has the journal; undefined until it said so. */
  taken: number | undefined;
  /** The call that is under way. */
  call: Promise<void> | undefined;
}

const WORDS_KEY = 'gathering';
const REGISTERED_KEY = 'registered';
const BEHIND_KEY = 'behind';

export class Feeds implements Chore {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #journal: Journal;
  readonly #alarms: Alarms;
  readonly #feeds = new Map<string, Feed>();
  /** What is stored, read once: every publish asks for it. */
  #registered: boolean | undefined;
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
    this.#registered ??= this.#ctx.storage.kv.get<boolean>(REGISTERED_KEY) === true;
    return this.#registered;
  }

  /** Registers, once. @returns false where this hub is one too many */
  async register(): Promise<boolean> {
    if (this.isRegistered) return true;
    const { namespaceKey } = parseHubName(this.#hub);
    const own = await this.#registerWith(gatheringHubName(namespaceKey));
    if (!own) return false;
    const above = await Promise.all(
      ancestorsOf(namespaceKey).map((key) => this.#registerWith(gatheringHubName(key))),
    );
    if (above.includes(false)) return false;
    this.#ctx.storage.kv.put(REGISTERED_KEY, true);
    this.#registered = true;
    return true;
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
      logError('a gathering hub was not fed and will be later', error);
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
      logError('a gathering hub cannot be fed', error);
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

  /** The newest word of a gathering hub counts, also before its answer to the registration. */
  heard(gatheringHub: string, word: Gathering): void {
    const words = this.#words();
    const known = words[gatheringHub];
    if (known !== undefined && word.version <= known.version) return;
    this.#setWords({ ...words, [gatheringHub]: word });
    // Between two words it may have been fed by nobody.
    this.#feedOf(gatheringHub).taken = undefined;
  }

  /** Leaves the registries of the namespaces above. */
  async unregister(): Promise<void> {
    this.#ended = true;
    const { namespaceKey } = parseHubName(this.#hub);
    await Promise.all(
      ancestorsOf(namespaceKey).map((key) =>
        callWithRetry(() => this.#gatheringHub(gatheringHubName(key)).unregister(this.#hub)),
      ),
    );
    this.#registered = false;
    this.#lastWords = {};
  }

  /** Waits until a gathering hub has everything up to a place, or wants it no longer. */
  async #feedThrough(name: string, through: number, before: number): Promise<void> {
    const feed = this.#feedOf(name);
    while (this.#words()[name]?.gathered && (feed.taken === undefined || feed.taken < through)) {
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
    const rows = this.#journal.page(after, MAX_FEED_EVENTS, MAX_FEED_BYTES);
    const { taken, gathering } = await callWithRetry(() =>
      this.#gatheringHub(name).receive({
        hub: this.#hub,
        epoch,
        trimmedThrough,
        after,
        rows,
        version,
      }),
    );
    if (gathering === undefined) return this.#registerAgain(name);
    if (rows.length > 0 && taken === after) throw new Error(`${name} takes nothing`);
    this.heard(name, gathering);
    feed.taken = taken;
  }

  /** A gathering hub that does not know this hub has lost its storage. */
  async #registerAgain(name: string): Promise<void> {
    if (this.#ended) throw new Error('the namespace was deleted');
    const { [name]: _, ...words } = this.#words();
    this.#setWords(words);
    this.#registered = false;
    if (!(await this.register())) throw new Error(`${name} has no room for this hub`);
  }

  async #fallBehind(): Promise<void> {
    if (this.nextDue() === Number.POSITIVE_INFINITY) {
      this.#ctx.storage.kv.put(BEHIND_KEY, true);
      this.#retryAt = Date.now() + this.#backoff;
    }
    await this.#alarms.arm();
  }

  async #registerWith(name: string): Promise<boolean> {
    const word = await callWithRetry(() => this.#gatheringHub(name).register(this.#hub));
    if (word !== undefined) this.heard(name, word);
    return word !== undefined;
  }

  #gatherers(): string[] {
    return Object.entries(this.#words())
      .filter(([, { gathered }]) => gathered)
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

  #gatheringHub(name: string) {
    return this.#env.GATHERING_HUB.getByName(name);
  }
}
