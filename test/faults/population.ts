/** The subscribers of a run: those who are there from the beginning, and those who come and go. */
import { jsonMessages, protobufMessages } from './carillon-messages.ts';
import { CarillonSubscription } from './carillon-subscription.ts';
import { EventSourceSubscription } from './event-source-subscription.ts';
import { FIRST_ROUND_COUNT, type Form, isStream, type Listening, listeningOf } from './forms.ts';
import type { Ledger } from './ledger.ts';
import { NamelessSubscription } from './nameless-subscription.ts';
import { PollSubscription } from './poll-subscription.ts';
import type { Random } from './random.ts';
import { REGIONS } from './regions.ts';
import { AUDIENCES, type Audience } from './scenario.ts';
import { StockSubscription } from './stock-subscription.ts';
import type { Beginning, Subscription, SubscriptionOptions } from './subscription.ts';

export interface Tokens {
  readonly root: string;
  /** Of those who see everything. There are several, because one owner gets a share of the streams. */
  readonly readers: readonly string[];
  /** Of those who see the red paths. */
  readonly restricted: readonly string[];
  /** Of those who name no position, each for one subscriber: they are known by their token. */
  readonly nameless: { readonly readers: string[]; readonly restricted: string[] };
}

interface Options {
  readonly port: number;
  readonly tokens: Tokens;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Whether they are spread over regions. */
  readonly hasRegions: boolean;
}

const MAKERS: Readonly<Record<Form, (options: SubscriptionOptions) => Subscription>> = {
  'stock json': (options) => new StockSubscription(options, 'json'),
  'stock proto': (options) => new StockSubscription(options, 'proto'),
  'stock json, no position': (options) => new NamelessSubscription(options, 'json'),
  'carillon.v1.json': (options) => new CarillonSubscription(options, jsonMessages),
  'carillon.v1.proto': (options) => new CarillonSubscription(options, protobufMessages),
  'server-sent events': (options) => new EventSourceSubscription(options),
  polls: (options) => new PollSubscription(options),
};

export class Population {
  /** Also those who left. */
  readonly all: Subscription[] = [];
  readonly present = new Set<Subscription>();
  readonly #listening = new Map<Subscription, Listening>();
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** So many of every audience in every form; the first in each form listens from the very first event. */
  settle(count: number): void {
    for (let index = 0; index < count; index++) {
      const audience = AUDIENCES[index % AUDIENCES.length];
      const round = Math.floor(index / AUDIENCES.length);
      if (audience === undefined) continue;
      const { random } = this.#options;
      const beginning =
        round < FIRST_ROUND_COUNT ? 'earliest' : random.pick(['earliest', 'now'] as const);
      this.join(audience, listeningOf(round, index % AUDIENCES.length), beginning);
    }
  }

  join(audience: Audience, listening: Listening, wanted: Beginning): Subscription {
    const { random, tokens: _, hasRegions, ...shared } = this.#options;
    const { form, access } = listening;
    const beginning = form === 'stock json, no position' ? 'now' : wanted;
    const where = typeof beginning === 'object' ? `after ${beginning.since}` : beginning;
    const how = access === 'ticket' ? `${form}, ticket` : form;
    const options = {
      ...shared,
      name: `subscriber ${this.all.length} (${audience.name}, ${how}, ${where})`,
      form: how,
      audience,
      access,
      token: this.#tokenFor(audience, form),
      beginning,
      region: hasRegions ? random.pick(REGIONS) : undefined,
      random: random.fork(),
    };
    const subscription = MAKERS[form](options);
    this.all.push(subscription);
    this.present.add(subscription);
    this.#listening.set(subscription, listening);
    subscription.connect();
    return subscription;
  }

  /** One leaves, and another comes who listens in the same way, so that there are never too many streams. */
  exchange(): void {
    const { random } = this.#options;
    // Those who listen from the beginning stay: they settle the order.
    const leaving = random.pick([...this.present].slice(AUDIENCES.length));
    const listening = this.#listening.get(leaving);
    if (listening === undefined) return;
    leaving.leave();
    this.present.delete(leaving);
    const audience = random.pick(AUDIENCES);
    this.join(audience, listening, this.#drawBeginning(audience));
  }

  tick(): void {
    for (const each of this.present) each.tick();
  }

  #tokenFor({ restricted }: Audience, form: Form): string {
    const { tokens } = this.#options;
    if (form === 'stock json, no position') {
      const token = tokens.nameless[restricted ? 'restricted' : 'readers'].pop();
      if (token === undefined)
        throw new Error('there is no token left for one that names no position');
      return token;
    }
    if (!restricted && !isStream(form)) return tokens.root;
    const some = restricted ? tokens.restricted : tokens.readers;
    const token = some[this.all.length % some.length];
    if (token === undefined) throw new Error('there is no token for a subscriber');
    return token;
  }

  #drawBeginning(audience: Audience): Beginning {
    const { random } = this.#options;
    const kind = random.pick(['now', 'earliest', 'time', 'after', 'after a cursor'] as const);
    if (kind !== 'after' && kind !== 'after a cursor') return kind;
    const isCursor = kind === 'after a cursor';
    // All subscribers of a hub may use a cursor; an id is for those who may see its event.
    const neighbour = [...this.present].find((each) =>
      isCursor
        ? each.audience.hub === audience.hub && each.cursors[0] !== undefined
        : each.audience === audience,
    );
    const index = random.integer(0, neighbour?.ids.length ?? 0);
    const after = neighbour?.ids[index];
    const since = isCursor ? neighbour?.cursors[index] : after;
    return after === undefined || since === undefined ? 'now' : { after, since };
  }
}
