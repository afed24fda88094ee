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
import type { Tickets, UsedTicket } from './tickets.ts';
import type { TokenService } from './tokens/token-service.ts';

interface Parts {
  readonly tokenService: TokenService;
  readonly tickets: Tickets;
  readonly children: ChildNamespaces;
}

/** A look-up whose ticket, if it has one, was used, and whose token may have to be confirmed. */
interface Begun {
  readonly asked: LookUp;
  readonly token: TokenState | undefined;
  readonly ticket: UsedTicket | undefined;
}

export class LookUps {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * As many as fit an answer. Each policy is in it once, because most tokens have the same ones.
   *
   * The tokens of all tickets are confirmed together, so that one that takes long keeps no other waiting.
   */
  async answer(asked: readonly LookUp[]): Promise<LookUpAnswers> {
    const { tickets } = this.#parts;
    const begun = this.#begin(asked);
    const used = begun.map(({ ticket }) => ticket).filter((ticket) => ticket !== undefined);
    if (used.length > 0) await tickets.confirm(used);
    const texts = new Map<string, PolicyText>();
    const answers = begun.map((each) => this.#finish(each, texts));
    return { answers, texts: [...texts.values()] };
  }

  /** What is known before any token is confirmed. */
  #begin(asked: readonly LookUp[]): Begun[] {
    const { tokenService, tickets } = this.#parts;
    const begun: Begun[] = [];
    const policies = new Set<string>();
    let characters = 0;
    const count = (state: TokenState | undefined) => {
      characters += JSON.stringify(state?.identity ?? '').length;
      for (const { name, text } of state?.texts ?? []) {
        if (!policies.has(name)) characters += text.length;
        policies.add(name);
      }
    };
    for (const each of asked) {
      const token = each.token && tokenService.lookup(each.token.digest, each.token.use);
      const ticket = each.ticket === undefined ? undefined : tickets.use(each.ticket);
      begun.push({ asked: each, token, ticket });
      count(token);
      // Whoever has used a ticket must be answered, so its token counts before it is confirmed.
      if (ticket !== undefined) count(tokenService.state({ digest: ticket.holderDigest }));
      if (characters > MAX_ANSWERED_TEXT_CHARACTERS) break;
    }
    return begun;
  }

  #finish({ asked, token, ticket }: Begun, texts: Map<string, PolicyText>): LookedUp {
    const { tickets, children } = this.#parts;
    const withoutTexts = ({ texts: own, ...state }: TokenState): FoundToken => {
      for (const text of own) texts.set(text.name, text);
      return state;
    };
    const taken = ticket && tickets.holderOf(ticket);
    const found: FoundTicket | undefined =
      taken?.kind === 'token' ? { ...taken, state: withoutTexts(taken.state) } : taken;
    // Somebody who is not known learns nothing of the namespaces.
    const isKnown = (asked.token ?? asked.ticket) === undefined || (token ?? taken) !== undefined;
    const isAnswered = asked.child !== undefined && isKnown;
    const childId = isAnswered ? children.get(asked.child)?.id : undefined;
    return {
      ...(token && { token: withoutTexts(token) }),
      ...(found && { ticket: found }),
      ...(childId !== undefined && { childId }),
    };
  }
}
