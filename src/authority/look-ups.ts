/** Answers Workers: who a token or a ticket stands for, and which namespace is directly below. */

import type {
  FoundTicket,
  FoundToken,
  LookedUp,
  LookUp,
  LookUpAnswers,
  TokenState,
} from '../objects/authority-contract.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import type { ChildNamespaces } from './child-namespaces.ts';
import { MAX_ANSWERED_TEXT_CHARACTERS } from './limits.ts';
import type { Tickets } from './tickets.ts';
import type { TokenService } from './tokens/token-service.ts';

interface Parts {
  readonly tokenService: TokenService;
  readonly tickets: Tickets;
  readonly children: ChildNamespaces;
}

export class LookUps {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Each policy is in the answer once, because most tokens have the same ones. */
  async answer(asked: readonly LookUp[]): Promise<LookUpAnswers> {
    const { tokenService, tickets, children } = this.#parts;
    const texts = new Map<string, PolicyText>();
    const answers: LookedUp[] = [];
    let characters = 0;
    const withoutTexts = ({ texts: own, ...state }: TokenState): FoundToken => {
      characters += JSON.stringify(state.identity ?? '').length;
      for (const text of own) {
        if (!texts.has(text.name)) characters += text.text.length;
        texts.set(text.name, text);
      }
      return state;
    };
    for (const { token, ticket, child } of asked) {
      const state = token && tokenService.lookup(token.digest, token.use);
      const taken = ticket === undefined ? undefined : await tickets.take(ticket);
      const found: FoundTicket | undefined =
        taken?.kind === 'token' ? { ...taken, state: withoutTexts(taken.state) } : taken;
      // Somebody who is not known learns nothing of the namespaces.
      const isKnown = (token ?? ticket) === undefined || (state ?? taken) !== undefined;
      const childId = child !== undefined && isKnown ? children.get(child)?.id : undefined;
      answers.push({
        ...(state && { token: withoutTexts(state) }),
        ...(found && { ticket: found }),
        ...(childId !== undefined && { childId }),
      });
      if (characters > MAX_ANSWERED_TEXT_CHARACTERS) break;
    }
    return { answers, texts: [...texts.values()] };
  }
}
