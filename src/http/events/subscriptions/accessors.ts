/** The accessors of the tokens of subscriptions. Hubs know tokens by their ids; only an authority knows more. */

import { logError } from '../../../lib/log.ts';
import { isWithin, ROOT } from '../../../namespace/namespace.ts';
import { isMethodMissing } from '../../../objects/call.ts';
import type { OpenSubscription } from '../../../objects/hub-contract.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import type { Caller } from '../../authentication/caller.ts';

/** What is shown as the accessor of the root token, which has none. */
export const ROOT_ACCESSOR = 'root';

type Token = OpenSubscription['token'];

/**
 * Asks each authority once. With its accessor a token can be shown and revoked, so a caller learns those of the namespace
 * of its own token and of those below.
 *
 * @returns says the accessor of a subscription: `root` for the root token, undefined if it is not told, or if nobody knows
 * the token any more
 */
export async function accessorsOf(
  env: Env,
  caller: Caller,
  subscriptions: readonly OpenSubscription[],
): Promise<(subscription: OpenSubscription) => string | undefined> {
  const namespace = caller.token?.authority ?? ROOT;
  const ids = new Map<string, Set<number>>();
  for (const { token } of subscriptions) {
    if (token === undefined || !isWithin(token.authority, namespace)) continue;
    const ofAuthority = ids.get(token.authority) ?? new Set();
    ids.set(token.authority, ofAuthority.add(token.id));
  }
  const found = new Map<string, string>();
  await Promise.all(
    Array.from(ids, async ([authority, tokens]) => {
      const asked = [...tokens];
      const accessors = await ask(env, authority, asked);
      for (const [index, id] of asked.entries()) {
        const accessor = accessors[index];
        if (accessor !== undefined) found.set(nameOf({ authority, id }), accessor);
      }
    }),
  );
  return ({ token }) => (token === undefined ? ROOT_ACCESSOR : found.get(nameOf(token)));
}

/** The list matters more than the accessors, so it does not fail with an authority. */
async function ask(
  env: Env,
  authority: string,
  ids: readonly number[],
): Promise<readonly (string | undefined)[]> {
  try {
    return await callAuthority(env, authority, (stub) => stub.accessorsOf(ids));
  } catch (error) {
    if (!isMethodMissing(error)) logError('an authority does not tell accessors', error);
    return [];
  }
}

function nameOf({ authority, id }: NonNullable<Token>): string {
  return `${authority}\n${id}`;
}
