/**
 * Requests that an isolate has at the same time share a call to a Durable Object. Under load the call, and what the object
 * does for it, costs more than what is asked.
 *
 * No promise crosses requests, because workerd then fails now and then with "Cannot perform I/O on behalf of a different
 * request". So a request that waits is a plain object, and looks at it after waits of its own. The request that makes
 * the call writes the answers into these objects.
 */

import { ok, type Result } from '../lib/result.ts';
import {
  ABANDONED_AFTER_MS,
  AVERAGED_CALLS,
  LEADER_BEAT_MS,
  LEADER_LOST_MS,
  MAX_COUNTED_CALL_MS,
  MAX_LED_CALLS,
} from './limits.ts';

/** The calls of one kind to one object: what they ask, and how much they wait for each other. */
export interface SharedCallKind<Question, Answer> {
  /** Asks for all. @returns the answers in the order of the questions */
  call(env: Env, questions: readonly Question[]): Promise<readonly Answer[]>;
  /** What an object that does not keep its contract has answered. */
  readonly noAnswer: Answer;
  /** What an answer means if the first call for the same question was lost, and may still be under way. */
  again(answer: Answer): Answer;
  /** The room in a new call. @returns whether a question has room, which it then takes */
  room(): (question: Question) => boolean;
  /** If calls take so long, each request makes its own. */
  readonly slowCallMs: number;
  /** How long a request waits until a call takes it. Then it makes one although another is under way. */
  readonly maxWaitMs: number;
  /** How long a request waits for others before it makes a call although none is under way. */
  pauseMs(question: Question): number;
  /** How long the next call waits for more that share it. @param waiting how many wait already */
  lingerMs(waiting: number): number;
}

/** The call of a request goes on if its client leaves, because others may share it. */
export interface RequestScope {
  readonly env: Env;
  readonly executionCtx: Pick<ExecutionContext, 'waitUntil'>;
  /** Whether the request makes calls for others after its own. It must not if it makes many: calls are limited. */
  readonly leadsOn: boolean;
}

/** A wait takes about so much longer than it says. */
const TIMER_DELAY_MS = 1;

/** A call under way. Times are Unix milliseconds. */
interface Call {
  readonly begunAt: number;
  /** When the request that makes it last showed that the platform has not ended it. */
  aliveAt: number;
}

/** A request that waits for its answer. */
interface Waiting<Question, Answer> {
  readonly question: Question;
  /** Unix milliseconds. */
  readonly since: number;
  /** The call that took it. */
  call?: Call;
  answer?: Result<Answer, unknown>;
}

/** The calls of this isolate of one kind to one object. */
export class SharedCalls<Question, Answer> {
  readonly #kind: SharedCallKind<Question, Answer>;
  /** Those that no call has taken. */
  #waiting: Waiting<Question, Answer>[] = [];
  /** Stands for the request that makes the calls. Undefined if no call is under way. */
  #leader: object | undefined;
  /** When the last call began. Unix milliseconds. */
  #begunAt = 0;
  /** How long a call takes, by the last ones. */
  #usualMs = 1;

  constructor(kind: SharedCallKind<Question, Answer>) {
    this.#kind = kind;
  }

  /** A request that is alone makes its call at once, unless there were many within the last second. @throws if the call failed */
  async ask(question: Question, scope: RequestScope): Promise<Answer> {
    const { room, slowCallMs, maxWaitMs } = this.#kind;
    if (!room()(question)) return this.#callFor(question, scope);
    if (this.#usualMs >= slowCallMs) return this.#callSlow(question, scope);
    const own: Waiting<Question, Answer> = { question, since: Date.now() };
    if (this.#leader === undefined) return this.#lead(own, scope, this.#kind.pauseMs(question));
    this.#waiting.push(own);
    for (;;) {
      await scheduler.wait(this.#nextLook(own) - Date.now());
      if (own.answer !== undefined) return valueIn(own.answer);
      const now = Date.now();
      if (own.call !== undefined) {
        // The platform may have ended the leader.
        if (now - own.call.aliveAt >= LEADER_LOST_MS) return this.#callAgain(question, scope);
      } else if (this.#leader === undefined || now - own.since >= maxWaitMs) {
        return this.#lead(own, scope);
      }
    }
  }

  /**
   * When the answer is expected. A look too early costs as much as one in time, so while a call stalls, looks become rarer:
   * each finds the answer at most a quarter later than it came.
   */
  #nextLook({ call }: Waiting<Question, Answer>): number {
    const { lingerMs, maxWaitMs } = this.#kind;
    const now = Date.now();
    const lingers = lingerMs(this.#waiting.length) + TIMER_DELAY_MS;
    const begins = call?.begunAt ?? this.#begunAt + this.#usualMs + lingers;
    const expected = begins + this.#usualMs + TIMER_DELAY_MS;
    const pause = Math.max(1, (now - begins) / 4);
    const longest = call === undefined ? maxWaitMs : LEADER_BEAT_MS;
    return Math.min(Math.max(expected, now + pause), now + longest);
  }

  async #callFor(question: Question, { env }: RequestScope): Promise<Answer> {
    const [answer] = await this.#kind.call(env, [question]);
    return answer ?? this.#kind.noAnswer;
  }

  async #callAgain(question: Question, scope: RequestScope): Promise<Answer> {
    return this.#kind.again(await this.#callFor(question, scope));
  }

  async #callSlow(question: Question, scope: RequestScope): Promise<Answer> {
    const begunAt = Date.now();
    const answer = await this.#callFor(question, scope);
    this.#took(Date.now() - begunAt);
    return answer;
  }

  #took(milliseconds: number): void {
    this.#usualMs += (Math.min(milliseconds, MAX_COUNTED_CALL_MS) - this.#usualMs) / AVERAGED_CALLS;
  }

  /** Makes the call of a request and of those that wait. */
  async #lead(
    own: Waiting<Question, Answer>,
    { env, executionCtx, leadsOn }: RequestScope,
    pauseMs = 0,
  ): Promise<Answer> {
    const leader = {};
    this.#leader = leader;
    if (pauseMs > 0) await scheduler.wait(pauseMs);
    const call = this.#call(this.#take(own), env, own);
    executionCtx.waitUntil(
      call.then(() => this.#leadOn(leader, leadsOn ? MAX_LED_CALLS - 1 : 0, env)),
    );
    await call;
    return own.answer === undefined ? this.#kind.noAnswer : valueIn(own.answer);
  }

  /** Makes calls for those that came meanwhile, so that none of them has to look earlier in order to lead. */
  async #leadOn(leader: object, maxCalls: number, env: Env): Promise<void> {
    for (let calls = 0; calls < maxCalls && this.#waiting.length > 0; calls++) {
      const linger = this.#kind.lingerMs(this.#waiting.length);
      if (linger > 0) await scheduler.wait(linger);
      if (this.#leader !== leader) return;
      await this.#call(this.#take(), env);
    }
    if (this.#leader === leader) this.#leader = undefined;
  }

  /** As many of those that wait as fit into one call. */
  #take(own?: Waiting<Question, Answer>): Waiting<Question, Answer>[] {
    // A request that waits for longer would have made a call of its own, unless its client left and the platform ended it.
    const oldest = Date.now() - Math.max(ABANDONED_AFTER_MS, 2 * this.#kind.maxWaitMs);
    const waiting = this.#waiting.filter(({ since }) => since >= oldest);
    const all = own === undefined ? waiting : [own, ...waiting];
    const taken: Waiting<Question, Answer>[] = [];
    const left: Waiting<Question, Answer>[] = [];
    const fits = this.#kind.room();
    for (const each of new Set(all)) (fits(each.question) ? taken : left).push(each);
    this.#waiting = left;
    return taken;
  }

  async #call(
    taken: readonly Waiting<Question, Answer>[],
    env: Env,
    own?: Waiting<Question, Answer>,
  ): Promise<void> {
    const begunAt = Date.now();
    this.#begunAt = begunAt;
    const call: Call = { begunAt, aliveAt: begunAt };
    for (const each of taken) each.call = call;
    // If the platform ends this request, it ends the timer, too. A timer costs 5 µs, so a call without others has none.
    const beat = () => {
      call.aliveAt = Date.now();
    };
    const beats = taken.some((each) => each !== own)
      ? setInterval(beat, LEADER_BEAT_MS)
      : undefined;
    try {
      const { call: ask, noAnswer } = this.#kind;
      const answers = await ask(
        env,
        taken.map(({ question }) => question),
      );
      for (const [index, each] of taken.entries()) each.answer = ok(answers[index] ?? noAnswer);
    } catch (failure) {
      for (const each of taken) each.answer = { ok: false, failure };
    } finally {
      clearInterval(beats);
    }
    this.#took(Date.now() - begunAt);
  }
}

function valueIn<Answer>(answer: Result<Answer, unknown>): Answer {
  if (!answer.ok) throw answer.failure;
  return answer.value;
}
