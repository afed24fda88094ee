/** What the bench asks of its load process, and what it is told. Plain data: it crosses between processes. */

/** Sockets that are opened alike. */
export interface SocketSet {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
  /** Whether each is due every event of a run; otherwise it is due none. */
  readonly expects: boolean;
  /** Speaks `carillon.v1`: acknowledges what it takes. */
  readonly acknowledges: boolean;
  /** The credit that it asks for, in JSON; otherwise it has what the server begins with. */
  readonly credit?: number;
  /** What another server wants to hear first, as one text message, and what is in its answer then. */
  readonly greeting?: { readonly text: string; readonly answer: string };
  /** Events do not keep to messages: one may begin in one and end in the next. */
  readonly isStream?: boolean;
  /** Server-sent events in place of a WebSocket. */
  readonly isEventStream?: boolean;
}

export interface OpenAudience {
  readonly port: number;
  readonly sets: readonly SocketSet[];
}

export interface NatsPublishing {
  readonly subject: string;
  /** Whether a stream acknowledges each message; otherwise the server answers a PING behind it. */
  readonly isAcknowledged: boolean;
}

/** Subscribers that come to what is retained, and leave when they have it. */
export interface Replay {
  readonly port: number;
  readonly set: SocketSet;
  /** Those of the first run that was published, all of them. */
  readonly events: number;
}

export interface Run {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a request, of one event; `MARK` stands where the stamp belongs. */
  readonly template: string;
  /** The body of nine requests in ten, which are no events. */
  readonly noise?: string;
  /** Events of one request, a line each. */
  readonly batch: number;
  readonly audience: number | 'nobody';
  /** Published by the protocol of NATS, on the port of the run, in place of HTTP. */
  readonly nats?: NatsPublishing;
  readonly pace:
    | { readonly inFlight: number; readonly requests: number; readonly seconds?: number }
    | { readonly perSecond: number; readonly requests: number };
  /** Whether a request waits until everybody has heard the one before. */
  readonly alone: boolean;
}

export interface RunResult {
  readonly requests: number;
  readonly events: number;
  readonly deliveries: number;
  readonly expected: number;
  /** Deliveries twice, in another order than others had them, or to whom they were not due. */
  readonly wrong: number;
  /** Requests that were not answered with 200 or 204, and what the first of them was told. */
  readonly failed: number;
  readonly failure: string | undefined;
  /** From the first request to the last delivery. */
  readonly seconds: number;
  /** From the stamp to the delivery, or where there is no audience to the answer; milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU of the load process, as a part of one core. */
  readonly clientCores: number;
}

export interface LoadMethods {
  open(audience: OpenAudience): Promise<number>;
  /** All close at once; resolves when the server has answered them. */
  leave(audience: number): Promise<void>;
  /** Stops reading, or goes on. */
  pause(audience: number, paused: boolean): Promise<void>;
  run(run: Run): Promise<RunResult>;
  /** From the first handshake to the last delivery. */
  replay(replay: Replay): Promise<RunResult>;
  /** What subscribers heard since they came, or since their last run, that were due nothing. */
  strayed(audience: number): Promise<string[]>;
}

/** As long as every stamp. It begins with what no event has elsewhere. */
export const MARK = '@@00000000:000000000000000';
export const MARK_PREFIX = '@@';

/** The stamp of an event: its number in the run, and microseconds on the clock of the load process. */
export function stampOf(sequence: number, microseconds: number): string {
  return `${MARK_PREFIX}${String(sequence).padStart(8, '0')}:${String(Math.round(microseconds)).padStart(15, '0')}`;
}
