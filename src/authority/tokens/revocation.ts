/** Revokes tokens with all that were made with them, also when they expire. */

import { logError } from '../../lib/log.ts';
import type { AuthorityCounts } from '../../metrics/authority-metrics.ts';
import type { AlarmTask } from '../../objects/alarms.ts';
import { MIN_JOB_BACKOFF_MS } from '../../objects/limits.ts';
import { column } from '../../objects/sql.ts';
import type { TokenReference } from '../../token/token-record.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { AdoptedTokens } from '../upstream-tokens/adopted-tokens.ts';
import type { TokenStore } from './token-store.ts';

interface Parts {
  readonly storage: DurableObjectStorage;
  readonly counts: AuthorityCounts;
  readonly tokens: TokenStore;
  readonly adopted: AdoptedTokens;
  readonly outbox: Outbox;
}

export class Revocation implements AlarmTask {
  readonly #parts: Parts;
  /** When expired tokens that could not be revoked are tried again. */
  #retryAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  revoke(reference: TokenReference, keepChildren: boolean): string | undefined {
    const { counts, tokens, outbox } = this.#parts;
    const token = tokens.find(reference, Date.now());
    if (token === undefined) return undefined;
    counts.revocations++;
    if (keepChildren) {
      tokens.orphanChildren(token.id);
      this.#removeForeignChildren(token.id);
    }
    this.revokeTree(token.id);
    outbox.send();
    return token.accessor;
  }

  /**
   * The tokens that a token has made in a namespace below are stored and revoked there. Here it is only recorded in which
   * namespaces they are.
   */
  recordForeignChild(parent: number, namespace: string): boolean {
    const { storage, tokens } = this.#parts;
    if (tokens.find({ id: parent }, Date.now()) === undefined) return false;
    storage.sql.exec(
      `INSERT INTO foreign_children (parent, namespace) VALUES (?, ?)
       ON CONFLICT (parent, namespace) DO NOTHING`,
      parent,
      namespace,
    );
    return true;
  }

  revokeForeignChildren(foreignParent: string): void {
    const { tokens, outbox } = this.#parts;
    for (const id of tokens.foreignChildrenOf(foreignParent)) this.revokeTree(id);
    outbox.send();
  }

  /** Removes a token and all its descendants, in one transaction with the notices and jobs for it. */
  revokeTree(id: number): void {
    const { storage, tokens, adopted, outbox } = this.#parts;
    storage.transactionSync(() => {
      for (const token of tokens.treeOf(id)) {
        outbox.tokenRemoved(token);
        for (const namespace of this.#removeForeignChildren(token)) {
          outbox.add({ kind: 'revoke', parent: token, namespace });
        }
        tokens.remove(token);
        adopted.remove(token);
      }
    });
  }

  /** When the next token expires. */
  nextDue(): number {
    return Math.max(this.#parts.tokens.nextExpiry(), this.#retryAt);
  }

  /** Revokes the tokens that have expired. One that cannot be revoked does not hold up the others. */
  run(now: number): void {
    const { tokens, outbox } = this.#parts;
    for (const id of tokens.expired(now)) {
      try {
        this.revokeTree(id);
      } catch (error) {
        logError(`token ${id} has expired and cannot be revoked`, error);
        this.#retryAt = now + MIN_JOB_BACKOFF_MS;
      }
    }
    outbox.send();
  }

  /** @returns the keys of the namespaces in which the token has made tokens */
  #removeForeignChildren(parent: number): string[] {
    return column(
      this.#parts.storage.sql,
      'DELETE FROM foreign_children WHERE parent = ? RETURNING namespace',
      parent,
    );
  }
}
