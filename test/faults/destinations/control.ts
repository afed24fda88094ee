/** What a run asks of the server about its destinations, as their operator does. */
import { ROOT_TOKEN } from '../server.ts';
import type { Planned } from './plan.ts';
import { bindingOf } from './targets.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const PAUSE_MS = 100;
const MAX_TRIES = 100;

/** A secret of Standard Webhooks: 32 bytes. */
const SECRET = `whsec_${Buffer.alloc(32, 'a secret of the run').toString('base64')}`;

/** As the API shows it. */
export interface ShownAttempt {
  readonly time: string;
  readonly batch: string;
  readonly attempt: number;
  readonly result: string;
  readonly duration_ms: number;
  readonly answer: string;
}

export class Control {
  readonly #port: () => number;

  /** @param port of the server now */
  constructor(port: () => number) {
    this.#port = port;
  }

  /** Asks until it is answered with success: a fault may be in the way. @returns the body, if it is JSON */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#try(method, path, body);
      if (answer.status >= 200 && answer.status < 300) {
        return answer.text === '' ? undefined : JSON.parse(answer.text);
      }
      const isFinal = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      if (isFinal || tries === MAX_TRIES) {
        throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async write(planned: Planned, receiver: number): Promise<void> {
    await this.ask('PUT', pathOf(planned), bodyOf(planned, receiver));
  }

  /** Resumes it if it is paused. @returns whether it was */
  async resume(planned: Planned): Promise<boolean> {
    const answer = await this.#try('GET', pathOf(planned));
    if (answer.status !== 200) return false;
    const { data } = JSON.parse(answer.text) as { data: { state: { status: string } } };
    if (data.state.status !== 'paused') return false;
    return (await this.#try('POST', `${pathOf(planned)}/resume`)).status < 300;
  }

  /** The last attempts, the newest first. Empty if a fault is in the way. */
  async attempts(planned: Planned): Promise<readonly ShownAttempt[]> {
    const answer = await this.#try('GET', `${pathOf(planned)}/attempts`);
    if (answer.status !== 200) return [];
    return (JSON.parse(answer.text) as { data: { attempts: ShownAttempt[] } }).data.attempts;
  }

  async #try(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port()}/v1/${path}`, {
        method,
        headers: { 'X-Vault-Token': ROOT_TOKEN, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }
}

function pathOf({ namespace, name }: Planned): string {
  return `${namespace}sys/events/destinations/${name}`;
}

function bodyOf(planned: Planned, port: number): object {
  const { kind, pattern, hasChildren, policy, format, concurrency } = planned;
  const { maxEvents, maxAttempts, deadLetter } = planned;
  return {
    pattern,
    ...(hasChildren && { namespaces: ['*'] }),
    policies: [policy],
    type: kind,
    ...(kind === 'webhook'
      ? { url: `http://127.0.0.1:${port}/`, secrets: [SECRET] }
      : { binding: bindingOf(planned) }),
    format,
    concurrency,
    batch_max_events: maxEvents,
    max_attempts: maxAttempts,
    dead_letter:
      deadLetter === 'event' ? 'carillon/undelivered' : deadLetter === 'pause' ? '' : deadLetter.to,
  };
}
