/** Makes one attempt, and says what became of it. */

import { shownAnswer } from '../../destination/answer.ts';
import type { Outcome, OutgoingBatch } from '../../destination/outgoing.ts';
import type { Timing } from '../../destination/retry-schedule.ts';
import { maskSecrets } from '../../lib/mask-secrets.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import type { Attempt } from '../../objects/destination-contract.ts';
import { messageOf } from '../../objects/storage-failure.ts';
import { withTimeout } from '../../objects/with-timeout.ts';
import { ATTEMPT_GRACE_MS } from './limits.ts';
import type { StoredSettings } from './stored-settings.ts';
import type { TargetOpener } from './target-opener.ts';

interface SenderParts {
  readonly namespaceKey: string;
  readonly name: string;
  readonly settings: StoredSettings;
  readonly targets: TargetOpener;
  readonly timing: Timing;
}

export interface Sent {
  readonly outcome: Outcome;
  readonly attempt: Attempt;
}

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Never throws: what goes wrong is a failed attempt. */
  async send(batch: Omit<OutgoingBatch, 'destination' | 'namespace'>): Promise<Sent> {
    const { namespaceKey, name, settings, targets } = this.#parts;
    const at = Date.now();
    const outgoing = { ...batch, destination: name, namespace: pathOfKey(namespaceKey) };
    const hidden = hiddenIn(settings);
    let outcome: Outcome;
    try {
      const opened = await targets.open();
      if (opened.ok) {
        hidden.push(...opened.value.secrets);
        outcome = await withTimeout(this.#maxMs, opened.value.target.send(outgoing));
      } else {
        outcome = { result: 'failed', answer: opened.failure.message };
      }
    } catch (error) {
      outcome = { result: 'failed', answer: messageOf(error) };
    }
    const { result, status, answer } = outcome;
    const attempt: Attempt = {
      at,
      batch: batch.id,
      attempt: batch.attempt,
      events: batch.events.length,
      result,
      ...(status !== undefined && { status }),
      durationMs: Date.now() - at,
      answer: shownAnswer(maskSecrets(answer, hidden)),
    };
    return { outcome, attempt };
  }

  get #maxMs(): number {
    return this.#parts.timing.answerTimeoutMs + ATTEMPT_GRACE_MS;
  }
}

/** A receiver may answer with what it was sent. */
function hiddenIn({ current: { target } }: StoredSettings): string[] {
  return target.type === 'webhook' ? Object.values(target.headers) : [];
}
