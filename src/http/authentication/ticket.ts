/** Takes the ticket that a subscription has in its URL in place of a token. */

import type { Config } from '../../config/config.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { isWithin } from '../../namespace/namespace.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { MAX_TOKEN_CHARACTERS } from '../../token/limits.ts';
import { digestOf, namespaceOfTicket } from '../../token/token-form.ts';
import { findNamespace } from '../namespace-lookup.ts';
import { tokenOf } from '../request/header.ts';
import { type Refusal, refused } from '../respond.ts';
import { type Caller, rootCaller } from './caller.ts';
import { callerOfToken } from './token-caller.ts';

/** An empty parameter is no ticket. */
export function ticketOf(query: URLSearchParams): string | undefined {
  return query.get('ticket')?.trim() || undefined;
}

/**
 * Takes the ticket and finds who asked for it. After that the request is the same as with the token.
 *
 * @param namespace the path of the Vault namespace that the request is sent to
 */
export async function redeemTicket(
  ticket: string,
  headers: Headers,
  namespace: string,
  config: Config,
  env: Env,
): Promise<Result<Caller, Refusal>> {
  if (tokenOf(headers) !== undefined) {
    return invalid('the request has both a token and a ticket; send one of them');
  }
  const caller = await holderOf(ticket, config, env);
  if (caller === undefined) return refused({ reason: 'invalid_token' });
  return isWithin(namespace, caller.access.namespace) ? ok(caller) : refused({ reason: 'denied' });
}

async function holderOf(ticket: string, config: Config, env: Env): Promise<Caller | undefined> {
  if (ticket.length > MAX_TOKEN_CHARACTERS) return undefined;
  const path = await namespaceOfTicket(ticket);
  const authority = path === undefined ? undefined : await findNamespace(path, env);
  if (authority === undefined) return undefined;
  const digest = await digestOf(ticket);
  const taken = await callAuthority(env, authority, (stub) => stub.takeTicket(digest));
  if (taken?.kind === 'token') {
    return callerOfToken({ authority, digest: taken.digest }, taken.state, '');
  }
  return taken !== undefined && taken.proof === (await proofOfTicket(ticket, config))
    ? rootCaller('')
    : undefined;
}

/** Binds a ticket of the root token to that token, so a ticket is void once the root token is another. */
export function proofOfTicket(ticket: string, { rootToken = '' }: Config): Promise<string> {
  return digestOf(`${ticket} ${rootToken}`);
}
