/** A subscription as a stock WebSocket client holds it, and the frames that came on it. */
import { type EventEmitter, once } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import { inTime } from './in-time.ts';

/** Far longer than a delivery takes, far shorter than a test may. */
const TIMEOUT_MS = 20_000;

export interface Target {
  /** `https://carillon.example.com` */
  readonly address: string;
  readonly token: string;
}

/** One message of the server. */
export interface Frame {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
  readonly text: string;
}

export interface SubscriptionOptions {
  /** The pattern as it stands in the URL, where it is not to be the usual form. */
  readonly encoded?: string;
  /** The query as it stands in the URL; none asks for protobuf. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Subprotocols to ask for. */
  readonly protocols?: string[];
}

/**
 * Subscribes to a pattern and resolves once the server has accepted.
 *
 * @example
 * await using subscriber = await subscribe(target, 'kv*', { query: 'json=true' });
 * const frame = await subscriber.next();
 */
export async function subscribe(
  { address, token }: Target,
  pattern: string,
  { encoded, query = '', headers = {}, protocols = [] }: SubscriptionOptions = {},
): Promise<Subscriber> {
  const path = encoded ?? pattern.split('/').map(encodeURIComponent).join('/');
  const url = `${address.replace(/^http/, 'ws')}/v1/sys/events/subscribe/${path}${query && '?'}${query}`;
  const socket = new WebSocket(url, protocols, {
    headers: { 'X-Vault-Token': token, ...headers },
  });
  // Before the handshake is done: the first frame may come in the packet of the 101.
  const subscriber = new Subscriber(socket, `${pattern} ${query}`.trim());
  await inTime(once(socket, 'open'), TIMEOUT_MS, () => {
    socket.terminate();
    return new Error(`no answer to the handshake at ${url} within ${TIMEOUT_MS} ms`);
  });
  return subscriber;
}

/** The end of a stream: the server's Close frame, or 1006 where the connection broke without one. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class Subscriber implements AsyncDisposable {
  readonly socket: WebSocket;
  /** Resolves at the server's Close frame, whichever side began to close. */
  readonly closed: Promise<Closed>;
  readonly #name: string;
  readonly #unread: Frame[] = [];
  /** Why nothing more can come. */
  #end: string | undefined;
  /** Called at every frame and at the end. */
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket, name: string) {
    this.socket = socket;
    this.#name = name;
    socket.on('message', (data: RawData, isBinary) => {
      const bytes = data as Buffer;
      this.#unread.push({ bytes, isBinary, text: bytes.toString('utf8') });
      this.#wake();
    });
    socket.on('error', ({ message }) => {
      this.#end = message;
    });
    this.closed = new Promise((resolve) => {
      const end = (code: number, reason: Buffer) => {
        this.#end ??= `the socket closed with ${code} "${reason}"`;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      };
      socket.once('open', () => {
        receiverOf(socket).once('conclude', (code: number, reason: Buffer) => {
          end(code, reason);
          // Its answer is sent. The server may leave the connection open for seconds, and say no more.
          socket.terminate();
        });
      });
      socket.once('close', end);
    });
  }

  /** The next frame that no call has returned yet, in the order of arrival. */
  async next(): Promise<Frame> {
    const [frame] = await this.#readUntil(() => true, 'a frame');
    return frame;
  }

  /** The next frame of this event; those of other events before it are dropped. */
  async nextOf(id: string): Promise<Frame> {
    const frames = await this.framesUntil(id);
    return frames[frames.length - 1] as Frame;
  }

  /** The frames up to that of this event, its own the last. */
  framesUntil(id: string): Promise<readonly [Frame, ...Frame[]]> {
    return this.#readUntil(({ bytes }) => bytes.includes(id), `event ${id}`);
  }

  /**
   * The frames that the server sent before it answered a ping, and that no call has returned yet.
   * A pong cannot overtake a frame, so what is not among them was not sent.
   */
  async framesSoFar(): Promise<Frame[]> {
    await this.ping();
    return this.#unread.splice(0);
  }

  /** Fails where a frame came that no call has returned. */
  async nothingSoFar(): Promise<void> {
    const frames = await this.framesSoFar();
    if (frames.length === 0) return;
    const texts = frames.map(({ text }) => JSON.stringify(text)).join('\n');
    throw new Error(`"${this.#name}" was to be silent and got ${frames.length} frames:\n${texts}`);
  }

  /** Sends a ping and resolves with the payload of the pong. */
  async ping(payload = ''): Promise<string> {
    const pong = once(this.socket, 'pong') as Promise<[Buffer]>;
    this.socket.ping(payload);
    const [echo] = await inTime(pong, TIMEOUT_MS, () =>
      this.#missed('a pong', `within ${TIMEOUT_MS} ms`),
    );
    return echo.toString();
  }

  /** Closes with 1000 and resolves with what the server answered. */
  close(): Promise<Closed> {
    this.socket.close(1000);
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readUntil(
    isLast: (frame: Frame) => boolean,
    awaited: string,
  ): Promise<readonly [Frame, ...Frame[]]> {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const index = this.#unread.findIndex(isLast);
      if (index !== -1) return this.#unread.splice(0, index + 1) as [Frame, ...Frame[]];
      if (this.#end !== undefined) throw this.#missed(awaited, `before ${this.#end}`);
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await inTime(woken, deadline - Date.now(), () =>
        this.#missed(awaited, `within ${TIMEOUT_MS} ms`),
      );
    }
  }

  #missed(awaited: string, when: string): Error {
    return new Error(
      `"${this.#name}" awaited ${awaited}, which did not come ${when}; ${this.#unread.length} other frames did`,
    );
  }
}

/** What reads the frames in `ws`, whose own 'close' event waits for the connection to end as well. */
function receiverOf(socket: WebSocket): EventEmitter {
  return (socket as unknown as { readonly _receiver: EventEmitter })._receiver;
}
