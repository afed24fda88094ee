/** Gives leases to the subscribers of a hub, with which they reconnect without a call to the authority. */

import { leaseKeysOf } from '../../config/derived-keys.ts';
import type { Variables } from '../../config/variables.ts';
import { parseHubName } from '../../objects/names.ts';
import type { Subscription } from '../../subscription/handshake.ts';
import { signLease } from '../../subscription/lease.ts';
import type { WatchedToken } from '../authority-sync/watched-tokens.ts';

export class Leases {
  readonly #env: Env & Variables;
  readonly #namespace: string;

  constructor(ctx: DurableObjectState, env: Env & Variables) {
    this.#env = env;
    this.#namespace = parseHubName(ctx.id.name).namespaceKey;
  }

  /**
   * @param shownAt when the client showed the token, or a ticket, last. Unix milliseconds
   * @returns undefined if there is no key to sign it with
   */
  sign(watched: WatchedToken, subscription: Subscription, shownAt: number): string | undefined {
    const [key] = leaseKeysOf(this.#env);
    if (key === undefined) return undefined;
    const { token, principal } = watched;
    const lease = { namespace: this.#namespace, authority: principal.authority, token, shownAt };
    return signLease(lease, subscription, key);
  }
}
