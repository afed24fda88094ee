/** The slots of a hub's subscribers: so many for the hub, for each token, and for each owner a share of those that are free. */

import { MAX_SOCKETS_PER_TOKEN } from '../limits.ts';
import type { OwnerTags } from './owner-tags.ts';
import { type HandshakeRefusal, unavailable } from './refusal.ts';
import { SlotCounter, SlotCounterByTag } from './slot-counter.ts';
import type { SocketCount } from './socket-count.ts';

export class SubscriberSlots {
  readonly #max: number;
  readonly #all: SlotCounter;
  /** Of tokens and of owners. */
  readonly #byTag: SlotCounterByTag;

  constructor(ctx: DurableObjectState, sockets: SocketCount, max: number) {
    this.#max = max;
    this.#all = new SlotCounter(() => sockets.recount());
    this.#byTag = new SlotCounterByTag((tag) => ctx.getWebSockets(tag).length);
  }

  /** Reserves a slot of the hub for a handshake. @param max if it may have fewer. @returns why there is none */
  reserve(max = this.#max): HandshakeRefusal | undefined {
    return this.#all.reserve(Math.min(max, this.#max))
      ? undefined
      : unavailable(`this hub has ${this.#max} subscribers and takes no more`);
  }

  /** The handshake has ended. If its socket was accepted, that has the slot now. */
  release(): void {
    this.#all.release();
  }

  /** Reserves a slot of the token and of its owner, for a handshake that has one of the hub. @returns why there is none */
  reserveOwned({ token, owner }: OwnerTags): HandshakeRefusal | undefined {
    if (!this.#byTag.reserve(token, MAX_SOCKETS_PER_TOKEN)) {
      return tooManyOfToken('this hub');
    }
    if (this.#reserveShare(owner)) return undefined;
    this.#byTag.release(token);
    const { taken } = this.#byTag.of(owner);
    return unavailable(
      `you have ${taken} subscribers in this hub, with all tokens of your entity or made from yours, and may have no more than are free of the ${this.#max} that all share; close one, or try again`,
    );
  }

  releaseOwned({ token, owner }: OwnerTags): void {
    this.#byTag.release(owner);
    this.#byTag.release(token);
  }

  /** An owner may have no more slots than are free. The slot of the handshake itself counts as free. */
  #reserveShare(owner: string): boolean {
    const free = () => this.#max - this.#all.taken + 1;
    if (this.#byTag.reserve(owner, free())) return true;
    this.#all.recount();
    return this.#byTag.reserve(owner, free());
  }
}

export function tooManyOfToken(where: string): HandshakeRefusal {
  return unavailable(
    `this token has ${MAX_SOCKETS_PER_TOKEN} subscribers in ${where}, as many as one may have; use another`,
  );
}
