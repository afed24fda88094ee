/**
 * Whether a hub is in this object, or in that of another place. An object of the first place has its hub until that
 * leaves. One of another place has none until all events have arrived.
 *
 * What is stored survives everything but the deletion of the namespace. So a caller that does not know yet that the hub
 * has moved is refused, and never begins a second hub.
 */
import { FIRST_PLACE, hubOfObject, placeOfObject } from '../../objects/names.ts';
import { hubElsewhere } from '../../objects/places.ts';

const RESIDENCE_KEY = 'residence';

type Stored =
  | { readonly state: 'left'; readonly to: number; readonly from?: number | undefined }
  | { readonly state: 'arriving'; readonly from: number }
  /** `from` until the old object has forgotten the events; `through` is the last of these. */
  | { readonly state: 'arrived'; readonly from?: number | undefined; readonly through: number };

export class Residence {
  readonly hub: string;
  readonly place: number;
  readonly #kv: DurableObjectStorage['kv'];
  #stored: Stored | undefined;
  #refusal: string | undefined;

  constructor(ctx: DurableObjectState) {
    this.hub = hubOfObject(ctx.id.name);
    this.place = placeOfObject(ctx.id.name);
    this.#kv = ctx.storage.kv;
  }

  read(): void {
    this.#set(this.#kv.get<Stored>(RESIDENCE_KEY));
  }

  get stored(): Stored | undefined {
    return this.#stored;
  }

  /** Why the object serves nothing; undefined if it does. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  get isElsewhere(): boolean {
    return this.#refusal !== undefined;
  }

  /** For the state of the hub. */
  get problem(): { readonly state: 'moving'; readonly message: string } | undefined {
    const message = this.#refusal;
    return message === undefined ? undefined : { state: 'moving', message };
  }

  /** Other places that have, or may have, something of the hub. */
  get others(): number[] {
    const { from, to }: { from?: number | undefined; to?: number } = this.#stored ?? {};
    return [from, to].filter((each) => each !== undefined);
  }

  store(stored: Stored): void {
    this.#kv.put(RESIDENCE_KEY, stored);
    this.#set(stored);
  }

  /** The hub is where it was before it moved. */
  forget(): void {
    this.#kv.delete(RESIDENCE_KEY);
    this.#set(undefined);
  }

  /** Everything else was deleted. */
  keep(): void {
    if (this.#stored !== undefined) this.store(this.#stored);
  }

  /** The storage could not be read, and was deleted: what it said of a move is lost. */
  beginAgain(): void {
    if (this.place !== FIRST_PLACE) this.store({ state: 'arrived', through: 0 });
  }

  /** Until `store`, `read` or the end of the object. */
  refuse(): void {
    this.#refusal = hubElsewhere(this.hub, 'nothing', this.place);
  }

  /** So that the hub can end in order. */
  admit(): void {
    this.#refusal = undefined;
  }

  #set(stored: Stored | undefined): void {
    this.#stored = stored;
    this.#refusal = this.#whyNot();
  }

  #whyNot(): string | undefined {
    const { hub, place } = this;
    switch (this.#stored?.state) {
      case 'left':
        return hubElsewhere(hub, 'left', this.#stored.to);
      case 'arriving':
        return hubElsewhere(hub, 'arriving', place);
      case 'arrived':
        return undefined;
      case undefined:
        return place === FIRST_PLACE ? undefined : hubElsewhere(hub, 'nothing', place);
    }
  }
}
