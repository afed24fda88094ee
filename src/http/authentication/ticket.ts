/** Takes the ticket that a subscription has in its URL in place of a token. */

import type { Config } from '../../config/config.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { isWithin } from '../../namespace/namespace.ts';
import { MAX_TOKEN_CHARACTERS } from '../../token/limits.ts';
import { digestOf, namespaceOfTicket } from '../../token/token-form.ts';
import {
  cached,
  type Freshness,
  findNamespace,
  lookUpTowards,
  unlessDeleted,
} from '../namespace-lookup.ts';
import { admit } from '../rate-limit.ts';
import { tokenOf } from '../request/header.ts';
import { type Refusal, refused } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';
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
  const above = ticket.length <= MAX_TOKEN_CHARACTERS ? await namespaceOfTicket(ticket) : undefined;
  if (above === undefined) return refused({ reason: 'invalid_token' });
  const admitted = await admit(headers, env);
  if (!admitted.ok) return admitted;
  const caller = await holderOf({ ticket, above, namespace }, config, env);
  if (caller === undefined) return refused({ reason: 'invalid_token' });
  return isWithin(namespace, caller.access.namespace) ? ok(caller) : refused({ reason: 'denied' });
}

interface SentTicket {
  readonly ticket: string;
  /** The path of the Vault namespace that it names. */
  readonly above: string;
  /** The path of the Vault namespace that the request is sent to. */
  readonly namespace: string;
}

async function holderOf(sent: SentTicket, config: Config, env: Env): Promise<Caller | undefined> {
  const { strangers } = workerCaches;
  const digest = await digestOf(sent.ticket);
  const now = Date.now();
  // A token with the same text is another secret.
  const key = `ticket ${digest}`;
  if (strangers.get(key, now)) return undefined;
  const caller = await unlessDeleted(cached(now), (since) =>
    take(sent, digest, config, env, since),
  );
  // Whether it was taken now or is not known: nobody can use it again.
  strangers.set(key, true, now);
  return caller;
}

async function take(
  { ticket, above, namespace }: SentTicket,
  digest: string,
  config: Config,
  env: Env,
  freshness: Freshness,
): Promise<Caller | undefined> {
  const authority = await findNamespace(above, env, freshness);
  if (authority === undefined) return undefined;
  const { ticket: taken } = await lookUpTowards(namespace, authority, { ticket: digest }, env);
  if (taken === undefined) return undefined;
  if (taken.kind === 'token') {
    return callerOfToken({ authority, digest: taken.digest }, taken.state, '');
  }
  for (const rootToken of config.rootTokens) {
    if (taken.proof === (await proofOfTicket(ticket, rootToken))) return rootCaller('', rootToken);
  }
  return undefined;
}

/** Binds a ticket of the root token to the value that asked for it, so it is void once that value is not listed. */
export function proofOfTicket(ticket: string, rootToken: string): Promise<string> {
  return digestOf(`${ticket} ${rootToken}`);
}
