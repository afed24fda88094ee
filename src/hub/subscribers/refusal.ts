/** Why a handshake is refused, and the response to the Worker. */

export interface HandshakeRefusal {
  readonly status: 400 | 403 | 421 | 429 | 503;
  /** A sentence; the Worker has its own for 403, and 421 is for the Worker. */
  readonly message: string;
  /** What the message says of a retry. */
  readonly retryAfterSeconds?: number | undefined;
}

export const FORBIDDEN: HandshakeRefusal = { status: 403, message: 'permission denied' };

/** The subscriber can try again later. */
export function unavailable(message: string): HandshakeRefusal {
  return { status: 503, message };
}

export const BUSY = unavailable(
  'too much is read at present for subscribers that reconnect; try again',
);

/** Nothing would close the socket before the end of its lifetime. */
export const OTHER_SECRET = unavailable(
  'the secret ROOT_TOKEN is changing, and this root token is not one of the values that the hub has; try again',
);

export function refuse({ status, message, retryAfterSeconds }: HandshakeRefusal): Response {
  const response = new Response(message, { status });
  if (retryAfterSeconds !== undefined) {
    response.headers.set('Retry-After', String(retryAfterSeconds));
  }
  return response;
}
