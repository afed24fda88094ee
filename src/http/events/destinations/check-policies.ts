/**
 * Whether the writer of a destination may give it these policies, and may hand over its dead letters. Names of policies have a
 * meaning in the Vault namespace of the destination only. A token of a namespace above has none of them, whatever its own are
 * called.
 */

import type { DeadLetter } from '../../../destination/settings.ts';
import { quote } from '../../../lib/quote.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import { Access } from '../../../policy/access.ts';
import { parsePolicies } from '../../../policy/policy-set.ts';
import type { Call } from '../../endpoint-types.ts';
import { type Refusal, refused } from '../../respond.ts';

export function checkPolicies(
  { var: { caller, namespace, path } }: Call,
  policies: readonly string[],
): Result<undefined, Refusal> {
  if (caller.access.hasSudo(pathOfKey(namespace), path.apiPath, 'update')) return ok(undefined);
  const { token } = caller;
  const isOfNamespace = token?.authority === namespace;
  const held = isOfNamespace ? token.state.policies : [];
  const missing = policies.filter((name) => !held.includes(name));
  if (missing.length === 0) return ok(undefined);
  const why = isOfNamespace
    ? `your token does not have ${missing.map(quote).join(', ')}`
    : 'your token is of a namespace above, so it has no policies of this one';
  return refused({
    reason: 'forbidden',
    message: `policies: ${why}; a destination may see no more than its writer. Give policies that your token has, or write it with a token that has "sudo" on ${quote(path.apiPath)}`,
  });
}

/**
 * Whoever hands events over to another destination gives it what its pattern and its filter would not, takes room there, and keeps
 * it from being deleted. So it needs the right to change that one.
 */
export function checkDeadLetter(
  { var: { caller, namespace } }: Call,
  deadLetter: DeadLetter,
): Result<undefined, Refusal> {
  if (deadLetter.kind !== 'destination') return ok(undefined);
  const path = `sys/events/destinations/${deadLetter.name}`;
  if (caller.access.allowsAnyData(pathOfKey(namespace), path, 'update')) return ok(undefined);
  return refused({
    reason: 'forbidden',
    message: `dead_letter: your token may not change the destination ${quote(deadLetter.name)}, so it may hand nothing over to it. Write it with a token that has "update" on ${quote(path)}, or give "carillon/undelivered"`,
  });
}

/** What the policies grant of the pattern may be nothing. */
export async function adviceOnPolicies(
  { env, var: { namespace } }: Call,
  policies: readonly string[],
  pattern: string,
): Promise<string[]> {
  const texts = await callAuthority(env, namespace, (authority) => authority.policyTexts(policies));
  const existing = new Set(texts.map(({ name }) => name));
  const advice = policies
    .filter((name) => !existing.has(name))
    .map((name) => `policies: there is no policy ${quote(name)}, so it grants nothing`);
  const access = new Access(pathOfKey(namespace), parsePolicies(policies, texts), undefined);
  if (!access.couldReceive(pattern)) {
    advice.push(
      `policies: none of them grants list and subscribe with subscribe_event_types that ${quote(pattern)} has in common, so nothing will be delivered`,
    );
  }
  for (const text of access.adviceOnKvTypes(pattern)) {
    advice.push(`policies: this destination ${text}`);
  }
  return advice;
}
