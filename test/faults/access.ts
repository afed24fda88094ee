/** How a subscriber says who it is: with a token in a header or, as a page does, with a ticket in the URL. */
import type { Request } from './connection.ts';
import type { Access } from './forms.ts';
import type { Audience } from './scenario.ts';

const TICKET_TIMEOUT_MS = 10_000;

export interface Caller {
  readonly access: Access;
  readonly token: string;
  readonly port: number;
  readonly audience: Audience;
}

/** The server answered that there is no ticket. */
export class TicketRefused extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/**
 * The request of this caller for its subscription. Each one needs a ticket of its own, because a ticket is valid once.
 *
 * @param query what the form of the subscription adds to the parameters of the audience
 */
export async function requestOf(
  caller: Caller,
  query: Readonly<Record<string, string>>,
): Promise<Request> {
  const { access, token, audience } = caller;
  const parameters = new URLSearchParams({ ...audience.query, ...query });
  const pathIn = (namespace: string) =>
    `/v1/${namespace}sys/events/subscribe/${encodeURIComponent(audience.pattern)}?${parameters}`;
  if (access === 'token') {
    const headers = { 'X-Vault-Token': token, 'X-Vault-Namespace': audience.namespace };
    return { path: pathIn(''), headers };
  }
  parameters.set('ticket', await requestTicket(caller));
  // A page cannot set the header of the namespace either.
  return { path: pathIn(audience.namespace), headers: {} };
}

async function requestTicket({ port, token }: Caller): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/sys/events/ticket`, {
    method: 'POST',
    // A connection of its own, so that a fault breaks one subscriber.
    headers: { 'X-Vault-Token': token, Connection: 'close' },
    signal: AbortSignal.timeout(TICKET_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new TicketRefused(response.status, text);
  return (JSON.parse(text) as { readonly data: { readonly ticket: string } }).data.ticket;
}
