/**
 * What one handshake has to find in the journal before it is decided where its subscriber starts. At a hub, the journal
 * answers at once. At a replica it may have to ask its parent: then the handshake waits, and is decided again.
 */

import type { Located, LocateQuery } from '../../objects/replica-contract.ts';
import type { LocatedEvent, Searchable, SubscriberJournal } from './subscriber-journal.ts';

export class PositionLookup implements Searchable {
  /** When the handshake began. Unix milliseconds. */
  readonly startedAt = Date.now();
  readonly #journal: SubscriberJournal;
  readonly #answers = new Map<string, Located>();
  /** What the journal could not answer. */
  readonly #questions = new Map<string, LocateQuery>();
  #isLoaded = false;
  /** A sequence that the journal may not have yet; undefined once that was tried. */
  #expected: number | undefined = 0;

  constructor(journal: SubscriberJournal) {
    this.#journal = journal;
  }

  oldestWithId(id: string): readonly LocatedEvent[] | undefined {
    const known = this.#journal.oldestWithId(id);
    if (known !== undefined) return known;
    const answer = this.#answerTo({ id });
    return answer && 'events' in answer ? answer.events : undefined;
  }

  lastBefore(time: number): number | undefined {
    const known = this.#journal.lastBefore(time);
    if (known !== undefined) return known;
    const answer = this.#answerTo({ before: time });
    return answer && 'after' in answer ? answer.after : undefined;
  }

  /** Whether nothing was found or loaded yet. */
  get isNew(): boolean {
    return this.#answers.size === 0 && !this.#isLoaded;
  }

  /** Whether something was asked and is not known. */
  get isMissing(): boolean {
    return this.#questions.size > 0;
  }

  /** Elsewhere, the journal has this sequence. A replica may not have it yet. */
  expect(sequence: number): void {
    if (this.#expected !== undefined) this.#expected = sequence;
  }

  /** Finds what was asked and not known. @returns undefined if there is nothing */
  find(): Promise<void> | undefined {
    const expected = this.#expected ?? 0;
    if (expected > this.#journal.last) {
      this.#expected = undefined;
      return this.#journal.load(expected);
    }
    return this.isMissing ? this.#find() : undefined;
  }

  /** Loads what follows the position, once: what was trimmed meanwhile is known then. */
  load(after: number): Promise<void> | undefined {
    if (this.#isLoaded) return undefined;
    this.#isLoaded = true;
    return this.#journal.load(after);
  }

  #answerTo(query: LocateQuery): Located | undefined {
    const key = JSON.stringify(query);
    const answer = this.#answers.get(key);
    if (answer === undefined) this.#questions.set(key, query);
    return answer;
  }

  async #find(): Promise<void> {
    const journal = this.#journal;
    const { epoch } = journal;
    const questions = [...this.#questions];
    this.#questions.clear();
    const answers = await Promise.all(questions.map(([, query]) => journal.locate(query)));
    // Sequences of another epoch mean other events: they are asked for again.
    if (epoch !== journal.epoch) return this.#answers.clear();
    for (const [i, [key]] of questions.entries()) {
      const answer = answers[i];
      if (answer !== undefined) this.#answers.set(key, answer);
    }
  }
}
