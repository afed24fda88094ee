/**
 * The gathering hubs that a hub may have to feed: that of its own Vault namespace and those of the
 * namespaces above. It registers with each before its first acknowledgement and its first subscriber,
 * and learns from each whether it is gathered from.
 */
import { callWithRetry } from '../call.ts';
import { ancestorsOf } from '../namespace.ts';
import type { Gathering } from './gathering-hub.ts';
import { gatheringHubName, parseHubName } from './name.ts';
import type { Publication } from './publication.ts';

/** The last word of each gathering hub, by its name. */
type Words = Readonly<Record<string, Gathering>>;

const WORDS_KEY = 'gathering';
const REGISTERED_KEY = 'registered';

export class Feeds {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  /** What is stored, read once: every publish asks for it. */
  #registered: boolean | undefined;
  #lastWords: Words | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
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

  /** Feeds those who gather. @throws where one of them cannot be reached */
  async feed(publications: readonly Publication[]): Promise<void> {
    const gatherers = Object.entries(this.#words()).filter(([, word]) => word.gathered);
    await Promise.all(
      gatherers.map(async ([name, { version }]) => {
        const word = await callWithRetry(() =>
          this.#gatheringHub(name).receive(this.#hub, version, publications),
        );
        this.heard(name, word);
      }),
    );
  }

  get isGathered(): boolean {
    return Object.values(this.#words()).some(({ gathered }) => gathered);
  }

  /** The newest word of a gathering hub counts, also before its answer to the registration. */
  heard(gatheringHub: string, word: Gathering): void {
    const words = this.#words();
    const known = words[gatheringHub];
    if (known === undefined || word.version > known.version) {
      this.#lastWords = { ...words, [gatheringHub]: word };
      this.#ctx.storage.kv.put(WORDS_KEY, this.#lastWords);
    }
  }

  /** Leaves the registries of the namespaces above. */
  async unregister(): Promise<void> {
    const { namespaceKey } = parseHubName(this.#hub);
    await Promise.all(
      ancestorsOf(namespaceKey).map((key) =>
        callWithRetry(() => this.#gatheringHub(gatheringHubName(key)).unregister(this.#hub)),
      ),
    );
    this.#registered = false;
    this.#lastWords = {};
  }

  async #registerWith(name: string): Promise<boolean> {
    const word = await callWithRetry(() => this.#gatheringHub(name).register(this.#hub));
    if (word !== undefined) this.heard(name, word);
    return word !== undefined;
  }

  #words(): Words {
    this.#lastWords ??= this.#ctx.storage.kv.get<Words>(WORDS_KEY) ?? {};
    return this.#lastWords;
  }

  get #hub(): string {
    return this.#ctx.id.name ?? '';
  }

  #gatheringHub(name: string) {
    return this.#env.GATHERING_HUB.getByName(name);
  }
}
