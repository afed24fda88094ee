/** A platform in the hands of the test: its clock, its dice, its network. */
import type {
  RequestLike,
  ResponseLike,
  Runtime,
  WebSocketConstructor,
} from '../../../../src/client/runtime.ts';
import { FakeSocket, PingingFakeSocket } from './socket.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export interface SentRequest extends RequestLike {
  readonly url: URL;
}

/** What a request is answered with; an Error where it never arrives. */
export type FakeAnswer = {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
type Answering = (request: SentRequest) => FakeAnswer | Error | 'never';

export class FakePlatform implements Runtime {
  readonly sockets: FakeSocket[] = [];
  readonly requests: SentRequest[] = [];
  readonly WebSocket: WebSocketConstructor;
  /** What `random` returns. */
  dice = 0.5;
  #now = 0;
  #ids = 0;
  #timers: Timer[] = [];
  #answering: Answering[] = [];
  #changed: () => void = () => undefined;

  constructor({ pings = false }: { readonly pings?: boolean } = {}) {
    const Socket = pings ? PingingFakeSocket : FakeSocket;
    const opened = (socket: FakeSocket) => {
      this.sockets.push(socket);
      this.#changed();
    };
    this.WebSocket = class extends Socket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        opened(this);
      }
    };
  }

  now = () => this.#now;
  random = () => this.dice;
  newId = () => `id-${++this.#ids}`;

  schedule = (callback: () => void, milliseconds: number): (() => void) => {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    this.#changed();
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  fetch = async (url: string, request: RequestLike): Promise<ResponseLike> => {
    const sent = { ...request, url: new URL(url) };
    this.requests.push(sent);
    this.#changed();
    const answer = (this.#answering.shift() ?? answerTicket)(sent);
    if (answer === 'never') {
      return new Promise((_resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    }
    if (answer instanceof Error) throw answer;
    const { status = 200, body = {}, headers = {} } = answer;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return new Response(text, { status, headers });
  };

  /** Answers the next requests; those after them are given tickets. */
  answers(...answers: (FakeAnswer | Error | 'never' | Answering)[]): void {
    this.#answering.push(
      ...answers.map((answer) => (typeof answer === 'function' ? answer : () => answer)),
    );
  }

  /** Resolves once the n-th socket, counted from 1, is opening. */
  async socket(number: number): Promise<FakeSocket> {
    await this.until(() => this.sockets.length >= number);
    return this.sockets[number - 1] as FakeSocket;
  }

  /** Resolves once something is to happen at that time from now, and lets the time come. */
  async elapse(milliseconds: number): Promise<void> {
    const at = this.#now + milliseconds;
    await this.until(() => this.#timers.some((timer) => timer.at === at));
    this.advance(milliseconds);
  }

  /** Lets time go by, and happen what is due. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#now = due.at;
      due.callback();
    }
    this.#now = end;
  }

  /** Lets time go by without a timer that rings. Then all that are due ring, late. */
  advanceLate(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }

  /** Resolves once all has happened that can without more coming from outside. */
  async settled(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** How long it is until each thing that is to happen. */
  get pending(): number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

function answerTicket({ url }: SentRequest): FakeAnswer {
  return url.pathname.endsWith('/sys/events/ticket')
    ? { body: { data: { ticket: 'tkt-1', ttl: 60 } } }
    : { status: 426, body: '' };
}
