/** Which hubs and replicas have subscribers with a token. Its authority knows that, because they watch it. */

import { logError } from '../../../lib/log.ts';
import { isMethodMissing } from '../../../objects/call.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import type { TokenTarget } from '../../authentication/token-location.ts';
import type { Call } from '../../endpoint-types.ts';
import { type Holder, visibleHolder } from '../holder.ts';

/** @returns undefined if the authority does not tell. The explanation matters more */
export async function holdersOf(
  { authority, reference }: TokenTarget,
  { env, var: { namespace } }: Call,
): Promise<Holder[] | undefined> {
  try {
    const watchers = await callAuthority(env, authority, (stub) => stub.watchersOf(reference));
    return watchers.flatMap((object) => visibleHolder(object, namespace) ?? []);
  } catch (error) {
    if (!isMethodMissing(error)) logError('an authority does not tell who watches a token', error);
    return undefined;
  }
}
