/**
 * What a destination may see: by the policies that it names, in its own Vault namespace, as they are now. No token is behind it,
 * so templates in paths match nothing. Without an answer of the authority nothing is allowed.
 */

import type { OutgoingEvent } from '../../destination/outgoing.ts';
import { GAP_TYPE } from '../../event/reserved-type.ts';
import { logError } from '../../lib/log.ts';
import { ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { isMethodMissing } from '../../objects/call.ts';
import { authorityForOperators } from '../../objects/names.ts';
import { isNamespaceDeleted } from '../../objects/namespace-end.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { Access } from '../../policy/access.ts';
import { type PolicyText, parsePolicies } from '../../policy/policy-set.ts';
import { MAX_RIGHTS_AGE_MS, MAX_RIGHTS_QUESTIONS, RIGHTS_CACHE_MS } from './limits.ts';
import type { ReadingFailure } from './read-part.ts';

interface Answer {
  readonly access: Access;
  /** What the authority answered is not older than this. Unix milliseconds. */
  readonly asOf: number;
}

export class Rights {
  readonly #env: Env;
  /** The key of the Vault namespace. */
  readonly #namespace: string;
  readonly #policies: readonly string[];
  #answer: Answer | undefined;
  #asking: Promise<Answer> | undefined;
  /** Compiled from the policies with these versions. */
  #compiled: { readonly versions: string; readonly access: Access } | undefined;

  constructor(env: Env, namespaceKey: string, policies: readonly string[]) {
    this.#env = env;
    this.#namespace = namespaceKey;
    // The policy has no text, and allows everything.
    this.#policies = policies.filter((name) => name !== 'root');
  }

  /** The events that it may see now. A gap is always among them: it says nothing of the events that are missing. */
  async allowed(
    events: readonly OutgoingEvent[],
  ): Promise<Result<OutgoingEvent[], ReadingFailure>> {
    if (events.every(isGap)) return ok([...events]);
    const access = await this.#access();
    if (!access.ok) return access;
    return ok(
      events.filter((event) => isGap(event) || access.value.mayReceive(event.facts).allowed),
    );
  }

  async #access(): Promise<Result<Access, ReadingFailure>> {
    for (let question = 1; ; question++) {
      try {
        const { access, asOf } = await this.#current();
        const age = Date.now() - asOf;
        if (age <= MAX_RIGHTS_AGE_MS) return ok(access);
        if (question === MAX_RIGHTS_QUESTIONS) throw new Error(`the answer took ${age} ms`);
      } catch (error) {
        return { ok: false, failure: this.#failure(error) };
      }
    }
  }

  #current(): Promise<Answer> {
    const age = Date.now() - (this.#answer?.asOf ?? 0);
    // The clock may have been set back.
    const isRecent = age >= 0 && age < RIGHTS_CACHE_MS;
    if (this.#answer !== undefined && isRecent) return Promise.resolve(this.#answer);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Answer> {
    const asOf = Date.now();
    const asked = callAuthority(this.#env, this.#namespace, (authority) =>
      authority.policyTexts(this.#policies),
    );
    const texts = await withTimeout(MAX_RIGHTS_QUESTIONS * MAX_RIGHTS_AGE_MS, asked);
    this.#answer = { access: this.#compile(texts), asOf };
    return this.#answer;
  }

  #compile(texts: readonly PolicyText[]): Access {
    const versions = JSON.stringify(texts.map(({ name, version }) => [name, version]));
    if (this.#compiled?.versions !== versions) {
      const policies = parsePolicies(this.#policies, texts);
      const access = new Access(pathOfKey(this.#namespace), policies, undefined);
      this.#compiled = { versions, access };
    }
    return this.#compiled.access;
  }

  #failure(error: unknown): ReadingFailure {
    if (isNamespaceDeleted(error)) {
      return { reason: 'namespace_deleted', message: messageOf(error) };
    }
    const authority = authorityForOperators(this.#namespace);
    const why = isMethodMissing(error)
      ? 'it runs an earlier release'
      : `it cannot be asked: ${messageOf(error)}`;
    logError(`a destination waits for ${authority}`, error);
    return { reason: 'unavailable', message: `${authority} does not say what is allowed: ${why}` };
  }
}

function isGap({ facts }: OutgoingEvent): boolean {
  return facts.event_type === GAP_TYPE;
}
