/** The subscribers of a run: those who are there from the beginning, and those who come and go. */
import { jsonMessages, protobufMessages } from './carillon-messages.ts';
import { CarillonSubscription } from './carillon-subscription.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import { AUDIENCES, type Audience, FORMS, type Form } from './scenario.ts';
import { StockSubscription } from './stock-subscription.ts';
import type { Beginning, Subscription, SubscriptionOptions } from './subscription.ts';

interface Options {
  readonly port: number;
  readonly tokens: { readonly root: string; readonly restricted: string };
  readonly ledger: Ledger;
  readonly random: Random;
}

const MAKERS: Readonly<Record<Form, (options: SubscriptionOptions) => Subscription>> = {
  'stock json': (options) => new StockSubscription(options, 'json'),
  'stock proto': (options) => new StockSubscription(options, 'proto'),
  'carillon.v1.json': (options) => new CarillonSubscription(options, jsonMessages),
  'carillon.v1.proto': (options) => new CarillonSubscription(options, protobufMessages),
};

export class Population {
  /** Also those who left. */
  readonly all: Subscription[] = [];
  readonly present = new Set<Subscription>();
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** So many of every audience in every form; the first in each form listens from the very first event. */
  settle(count: number): void {
    for (let index = 0; index < count; index++) {
      const audience = AUDIENCES[index % AUDIENCES.length];
      const round = Math.floor(index / AUDIENCES.length);
      const form = FORMS[round % FORMS.length];
      if (audience === undefined || form === undefined) continue;
      const { random } = this.#options;
      const beginning =
        round < FORMS.length ? 'earliest' : random.pick(['earliest', 'now'] as const);
      this.join(audience, form, beginning);
    }
  }

  join(audience: Audience, form: Form, beginning: Beginning): Subscription {
    const { tokens, random, ...shared } = this.#options;
    const where = typeof beginning === 'object' ? `after ${beginning.after}` : beginning;
    const options = {
      ...shared,
      name: `subscriber ${this.all.length} (${audience.name}, ${form}, ${where})`,
      audience,
      token: audience.restricted ? tokens.restricted : tokens.root,
      beginning,
      random: random.fork(),
    };
    const subscription = MAKERS[form](options);
    this.all.push(subscription);
    this.present.add(subscription);
    subscription.connect();
    return subscription;
  }

  /** One leaves, and another comes. */
  exchange(): void {
    const { random } = this.#options;
    // Those who listen from the beginning stay: they settle the order.
    const leaving = random.pick([...this.present].slice(AUDIENCES.length));
    leaving.leave();
    this.present.delete(leaving);
    const audience = random.pick(AUDIENCES);
    this.join(audience, random.pick(FORMS), this.#drawBeginning(audience));
  }

  tick(): void {
    for (const each of this.present) each.tick();
  }

  #drawBeginning(audience: Audience): Beginning {
    const { random } = this.#options;
    const kind = random.pick(['now', 'earliest', 'time', 'after'] as const);
    if (kind !== 'after') return kind;
    const neighbour = [...this.present].find((each) => each.audience === audience);
    const after = neighbour?.ids[random.integer(0, neighbour.ids.length)];
    return after === undefined ? 'now' : { after };
  }
}
