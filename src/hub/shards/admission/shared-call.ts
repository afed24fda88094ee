/**
 * Questions that wait at the same time are one call. One call is under way at a time, so the answers come in the order of the
 * questions.
 */

interface Waiting<Question, Answer> {
  readonly question: Question;
  /** Unix milliseconds. */
  readonly since: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class SharedCall<Question, Answer> {
  readonly #max: number;
  readonly #maxWaitMs: number;
  readonly #call: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Question, Answer>[] = [];
  #running: Promise<void> | undefined;

  /**
   * @param max questions of one call
   * @param maxWaitMs how long a question may wait for a call
   * @param call answers each, in their order
   */
  constructor(
    max: number,
    maxWaitMs: number,
    call: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {
    this.#max = max;
    this.#maxWaitMs = maxWaitMs;
    this.#call = call;
  }

  /** @throws what the call throws, or that it has waited for too long */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, since: Date.now(), resolve, reject });
      this.run();
    });
  }

  /** Calls although nothing is asked, unless a call is under way. @returns resolves when nothing waits any more */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    // What is asked in this turn shares the call.
    await Promise.resolve();
    do {
      const asked = this.#take();
      try {
        const answers = await this.#call(asked.map(({ question }) => question));
        for (const [i, { resolve, reject }] of asked.entries()) {
          const answer = answers[i];
          if (answer === undefined) reject(new Error('no answer'));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    } while (this.#waiting.length > 0);
  }

  /** As many as fit into a call. Those that have waited for too long fail: the calls take long. */
  #take(): Waiting<Question, Answer>[] {
    const oldest = Date.now() - this.#maxWaitMs;
    const late = this.#waiting.findIndex(({ since }) => since >= oldest);
    for (const { reject } of this.#waiting.splice(0, late === -1 ? this.#waiting.length : late)) {
      reject(new Error(`no call for ${this.#maxWaitMs} ms`));
    }
    return this.#waiting.splice(0, this.#max);
  }
}
