/** Answers the hubs that watch tokens. */

import type { AuthorityCounts } from '../metrics/authority-metrics.ts';
import type { Change, Changes, Watched, WatchedState } from '../objects/authority-contract.ts';
import type { Generation } from '../objects/generation.ts';
import { MAX_NOTICES } from '../objects/limits.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { Lifecycle } from './lifecycle.ts';
import { MAX_ANSWERED_TEXT_CHARACTERS } from './limits.ts';
import type { Notice, Watches } from './outbox/watches.ts';
import type { Policies } from './policies.ts';
import { watchedState } from './tokens/token-service.ts';
import type { TokenStore } from './tokens/token-store.ts';
import type { AdoptedTokens } from './upstream-tokens/adopted-tokens.ts';
import type { Adoptions } from './upstream-tokens/adoptions.ts';

interface Parts {
  readonly counts: AuthorityCounts;
  readonly generation: Generation;
  readonly lifecycle: Lifecycle;
  readonly tokens: TokenStore;
  readonly policies: Policies;
  readonly watches: Watches;
  readonly adopted: AdoptedTokens;
  readonly adoptions: Adoptions;
}

export class AnswersToHubs {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  watch(digests: readonly string[], hub: string, incarnation: string): Watched {
    const { counts, generation, tokens, policies, watches } = this.#parts;
    counts.watchCalls++;
    const now = Date.now();
    const states: (WatchedState | undefined)[] = [];
    const texts = new Map<string, PolicyText | undefined>();
    let characters = 0;
    for (const digest of digests) {
      const token = tokens.find({ digest }, now);
      if (token !== undefined) watches.watch(hub, token.id, incarnation);
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
    return {
      states,
      texts: [...texts.values()].filter((text) => text !== undefined),
      generation: generation.restored,
    };
  }

  /** Answers at once if there are changes, and looks up the adopted tokens of the hub before it says that there are none. */
  async pullChanges(hub: string, acknowledged: number): Promise<Changes> {
    const { counts, lifecycle, watches, adoptions } = this.#parts;
    counts.pullCalls++;
    watches.acknowledge(hub, acknowledged);
    const outdated = adoptions.outdated(hub);
    const known = this.#pending(hub);
    if (outdated.length === 0) return known;
    if (known.changes.length > 0) return { ...known, more: true };
    await adoptions.confirm(outdated);
    lifecycle.assertOpen();
    return this.#pending(hub);
  }

  /** As many changes as fit an answer. */
  #pending(hub: string): Changes {
    const { generation, watches, adoptions } = this.#parts;
    const notices = watches.pending(hub);
    const now = Date.now();
    const changes: Change[] = [];
    let characters = 0;
    for (const notice of notices) {
      const change = this.#changeOf(notice, now);
      changes.push(change);
      if (change.kind === 'policy') characters += change.text?.text.length ?? 0;
      if (characters > MAX_ANSWERED_TEXT_CHARACTERS) break;
    }
    const more = changes.length < notices.length || notices.length === MAX_NOTICES;
    const asOf = adoptions.oldestLookup(hub);
    return { changes, more, generation: generation.restored, ...(asOf !== undefined && { asOf }) };
  }

  #changeOf(notice: Notice, now: number): Change {
    const { tokens, policies, adopted } = this.#parts;
    if (notice.kind === 'policy') return { ...notice, text: policies.get(notice.policy) };
    const { token } = notice;
    const record = tokens.find({ id: token }, now);
    const live = record !== undefined;
    const released = !live && adopted.wasReleased(token);
    return { ...notice, live, released, expiresAt: record?.expiresAt };
  }
}
