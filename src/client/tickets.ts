/** What a subscription identifies itself with in a handshake, and in the question why a handshake was refused. */
import { ok, type Result } from '../lib/result.ts';
import { CarillonError } from './errors.ts';
import { refusalOf, requestTicket, withTicket } from './handshake.ts';
import { invalid, type Provided, type Server } from './options.ts';
import { pageHint, type RequestFailure, type RequestLimits } from './request.ts';
import type { Runtime } from './runtime.ts';
import { faultOfTicket, withoutTickets } from './ticket-form.ts';

/** What a program does about the end of a connection if it gave a ticket and no function. */
export const ONE_CONNECTION_HINT =
  '; a ticket opens one connection, so give a function as ticket, which the client calls for each connection';

export interface Credentials {
  /** Whether the program gives tickets, and no token. */
  readonly byTicket: boolean;
  /** Whether `refusal` costs nothing. */
  readonly isRefusalFree: boolean;
  /** A ticket for one handshake. */
  ticket(limits: RequestLimits): Promise<Result<string, RequestFailure>>;
  /** Why the handshake of this subscription was refused. */
  refusal(subscription: URL, limits: RequestLimits): Promise<RequestFailure>;
}

/** The server gives tickets for a token. */
export function tokenCredentials(runtime: Runtime, server: Server): Credentials {
  return {
    byTicket: false,
    isRefusalFree: false,
    ticket: (limits) => requestTicket(runtime, server, limits),
    refusal: (subscription, limits) => refusalOf(runtime, server, subscription, limits),
  };
}

/** The program gives tickets. It may have one, or a function that requests one. */
export class TicketCredentials implements Credentials {
  readonly byTicket = true;
  readonly #runtime: Runtime;
  readonly #provided: Provided<string>;
  #last: string | undefined;

  constructor(runtime: Runtime, provided: Provided<string>) {
    this.#runtime = runtime;
    this.#provided = provided;
  }

  /** A ticket that is a string is used up, so nothing is asked. */
  get isRefusalFree(): boolean {
    return typeof this.#provided === 'string';
  }

  /** @throws a CarillonError of the program's function */
  async ticket({ timeoutMs, signal }: RequestLimits): Promise<Result<string, RequestFailure>> {
    const provided = this.#provided;
    if (typeof provided === 'string') return ok(provided.trim());
    try {
      return this.#checked(await this.#inTime(callAsync(provided), timeoutMs, signal));
    } catch (error) {
      if (error instanceof CarillonError) throw error;
      return retry(`the ticket function failed: ${messageOf(error)}`);
    }
  }

  /** The handshake used up its ticket, so the question takes another one. */
  async refusal(subscription: URL, limits: RequestLimits): Promise<RequestFailure> {
    if (typeof this.#provided === 'string') {
      return {
        retryable: true,
        message: `the WebSocket handshake with ${subscription.origin} failed: the ticket is used or expired, or the server refuses the subscription or cannot be reached${pageHint(this.#runtime.pageOrigin, subscription)}`,
        waitMs: 0,
      };
    }
    const another = await this.ticket(limits);
    if (!another.ok) return another.failure;
    const url = withTicket(subscription, another.value);
    return refusalOf(this.#runtime, {}, url, limits);
  }

  /** A function that has never returned a ticket is wrong. One that has may be in trouble: a session has ended. */
  #checked(value: unknown): Result<string, RequestFailure> {
    const fault = faultOfTicket(value);
    if (fault !== undefined) {
      const message = `what the ticket function returned is ${fault}`;
      return this.#last === undefined ? giveUp(invalid(message)) : retry(message);
    }
    const ticket = String(value).trim();
    if (ticket === this.#last) {
      const message =
        'the ticket function returned the same ticket again; a ticket opens one connection, so request a new one in each call';
      return giveUp(invalid(message));
    }
    this.#last = ticket;
    return ok(ticket);
  }

  async #inTime<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
    let stop: () => void = () => undefined;
    const interruption = new Promise<never>((_resolve, reject) => {
      const abort = () => reject(signal.reason);
      const late = () => reject(new Error(`no answer within ${timeoutMs} ms`));
      const stopTimer = this.#runtime.schedule(late, timeoutMs);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      stop = () => {
        stopTimer();
        signal.removeEventListener('abort', abort);
      };
    });
    try {
      return await Promise.race([work, interruption]);
    } finally {
      stop();
    }
  }
}

async function callAsync<T>(provide: () => T | Promise<T>): Promise<T> {
  return provide();
}

function messageOf(error: unknown): string {
  return withoutTickets(error instanceof Error ? error.message : String(error));
}

function retry(message: string): Result<never, RequestFailure> {
  return { ok: false, failure: { retryable: true, message, waitMs: 0 } };
}

function giveUp(error: CarillonError): Result<never, RequestFailure> {
  return { ok: false, failure: { retryable: false, error } };
}
