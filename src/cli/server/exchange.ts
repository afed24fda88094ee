/** One request to a server and its answer: in time, and from that server only. */
import { ok, type Result } from '../../lib/result.ts';
import { API_TIMEOUT_MS, MAX_REDIRECTS } from './limits.ts';

export interface Request extends RequestInit {
  /** How long the answer may take, with its body. */
  readonly timeoutMs?: number;
}

export interface Exchange {
  readonly response: Response;
  readonly text: string;
}

/** Why there is no answer. */
export interface ExchangeFailure {
  readonly message: string;
  /** The status of a redirect that is not followed; 0 if there was no answer. */
  readonly status: number;
}

/** Sends a request. Only redirects within the server are followed: another would be sent the token. */
export async function exchange(
  url: URL,
  { timeoutMs = API_TIMEOUT_MS, signal, ...init }: Request,
): Promise<Result<Exchange, ExchangeFailure>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const signals = signal ? [late.signal, signal] : [late.signal];
  try {
    const sent: RequestInit = { ...init, redirect: 'manual', signal: AbortSignal.any(signals) };
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(target, sent);
      const { status } = response;
      const next = redirectOf(status, response.headers.get('Location'), target);
      if (next === undefined) return ok({ response, text: await response.text() });
      await response.body?.cancel();
      if (!isSameServer(target, next)) return failure(elsewhere(target, next), status);
      if (!keepsRequest(status, init.method) || redirects === MAX_REDIRECTS) {
        const reason = redirects === MAX_REDIRECTS ? ', after too many redirects' : '';
        return failure(`${target.href} redirects to ${next.href}${reason}`, status);
      }
      target = next;
    }
  } catch (error) {
    return failure(late.signal.aborted ? unanswered(url, timeoutMs) : unreachable(url, error), 0);
  } finally {
    clearTimeout(timer);
  }
}

function failure(message: string, status: number): Result<never, ExchangeFailure> {
  return { ok: false, failure: { message, status } };
}

/** Where an answer redirects to. */
export function redirectOf(
  status: number,
  location: string | null | undefined,
  from: URL,
): URL | undefined {
  return [301, 302, 303, 307, 308].includes(status) && location && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined;
}

/** Whether the request stays what it is where such an answer redirects it to. */
function keepsRequest(status: number, method = 'GET'): boolean {
  return status >= 307 || (method === 'GET' && status !== 303);
}

/** Whether both URLs are of one server, be it for requests or for WebSockets. */
export function isSameServer(a: URL, b: URL): boolean {
  return a.host === b.host && addressOf(a) === addressOf(b);
}

/** Says that a redirect to another server is not followed. */
export function elsewhere(from: URL, to: URL, setting = 'VAULT_ADDR'): string {
  const address = addressOf(to);
  return `${addressOf(from)} redirects to ${address}, which would be sent the token; if that is your server, set ${setting} to ${address}`;
}

/** The address of the server as the user sets it: that of a WebSocket begins with "http" too. */
export function addressOf({ protocol, host }: URL): string {
  return `${protocol.replace(/^ws/, 'http')}//${host}`;
}

function unanswered(url: URL, timeoutMs: number): string {
  return `${url.origin} has not answered within ${timeoutMs / 1000} s; is it overloaded, or VAULT_ADDR the address of something else?`;
}

type ErrorWithCode = Partial<NodeJS.ErrnoException>;

/**
 * Says why there was no answer.
 *
 * @param setting that has the address
 */
export function unreachable(url: URL, error: unknown, setting = 'VAULT_ADDR'): string {
  const { message, code, cause } = error as ErrorWithCode & { cause?: ErrorWithCode };
  // An exception of the platform has a number there, which says nothing.
  const [named] = [cause?.code, code].filter((each) => typeof each === 'string');
  const reason = named ?? cause?.message ?? message;
  // A WebSocket has the code EPROTO, and says only in the message what is wrong.
  const question = /wrong.version.number|packet.length/i.test(`${reason} ${message}`)
    ? `it speaks no TLS there; is ${setting} to begin with "http://"?`
    : /^(?:UND_ERR_SOCKET$|HPE_)/.test(reason ?? '')
      ? `it closed the connection, or speaks no HTTP; is ${setting} its address?`
      : isTlsFailure(reason)
        ? 'does its address speak TLS, and is its certificate of an authority that NODE_EXTRA_CA_CERTS names?'
        : `is the server running, and ${setting} its address?`;
  return `cannot reach ${url.origin} (${reason}); ${question}`;
}

/** Whether TLS failed. The next connection would fail too. */
export function isTlsFailure(code: string | undefined): boolean {
  return /^(CERT_|CRL_|DEPTH_ZERO_|EPROTO|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/.test(
    code ?? '',
  );
}
