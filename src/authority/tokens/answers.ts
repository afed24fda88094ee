/** What an authority answers about tokens, as things stand: to Workers and to the hubs that watch. */

import type {
  Change,
  Changes,
  TokenState,
  Watched,
  WatchedState,
} from '../../objects/authority-contract.ts';
import { MAX_NOTICES } from '../../objects/limits.ts';
import type { PolicyText } from '../../policy/policy-set.ts';
import { ownerOf } from '../../token/owner.ts';
import type { TokenRecord } from '../../token/token-record.ts';
import { MAX_ANSWERED_TEXT_CHARACTERS } from '../limits.ts';
import type { Stores } from '../stores.ts';

export function stateOf({ policies }: Stores, token: TokenRecord): TokenState {
  return {
    ...watchedState(token),
    accessor: token.accessor,
    texts: policies.all(token.policies),
    limitedUses: token.usesLeft !== undefined,
  };
}

/** Notes who watches, and answers for as many of the tokens as fit. */
export function watch(
  { tokens, policies, watches }: Stores,
  digests: readonly string[],
  hub: string,
  stay: string,
  now: number,
): Watched {
  const states: (WatchedState | undefined)[] = [];
  const texts = new Map<string, PolicyText | undefined>();
  let characters = 0;
  for (const digest of digests) {
    const token = tokens.find({ digest }, now);
    if (token !== undefined) watches.watch(hub, token.id, stay);
    states.push(token && watchedState(token));
    characters += JSON.stringify(token?.identity ?? '').length;
    for (const name of token?.policies ?? []) {
      if (texts.has(name)) continue;
      const text = policies.get(name);
      texts.set(name, text);
      characters += text?.text.length ?? 0;
    }
    if (characters > MAX_ANSWERED_TEXT_CHARACTERS) break;
  }
  return { states, texts: [...texts.values()].filter((text) => text !== undefined) };
}

/** As many of the changes as fit an answer. */
export function changesFor(
  { tokens, adopted, policies, watches }: Stores,
  hub: string,
  taken: number,
  now: number,
): Changes {
  const notices = watches.notices(hub, taken);
  const changes: Change[] = [];
  let characters = 0;
  for (const { sequence, token, policy = '' } of notices) {
    if (token === undefined) {
      const text = policies.get(policy);
      changes.push({ sequence, policy, text });
      characters += text?.text.length ?? 0;
    } else {
      const record = tokens.find({ id: token }, now);
      const live = record !== undefined;
      const released = !live && adopted.wasReleased(token);
      changes.push({ sequence, token, live, released, expiresAt: record?.expiresAt });
    }
    if (characters > MAX_ANSWERED_TEXT_CHARACTERS) break;
  }
  return { changes, more: changes.length < notices.length || notices.length === MAX_NOTICES };
}

function watchedState(token: TokenRecord): WatchedState {
  const { id, policies, identity, expiresAt } = token;
  return { id, policies, identity, owner: ownerOf(token), expiresAt };
}
