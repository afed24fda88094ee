/** Subscribes at the hub that serves a subscription. */

import { eventTypeNamespaceGlob, whyNothingMatches } from '../../../event/event-type.ts';
import { logError } from '../../../lib/log.ts';
import { invalid } from '../../../lib/result.ts';
import { diagnosed } from '../../../objects/diagnosis.ts';
import { hubName, wildcardHubName } from '../../../objects/names.ts';
import { isNamespaceDeleted } from '../../../objects/namespace-end.ts';
import type { Handshake, Subscription } from '../../../subscription/handshake.ts';
import { clientRegion } from '../../client-region.ts';
import type { AppContext } from '../../context.ts';
import { refuse } from '../../respond.ts';
import { storageRefusal } from '../../storage-refusal.ts';
import { sendHandshake } from './shard-choice.ts';

interface Asked {
  /** Without the region of the client. */
  readonly handshake: Handshake;
  /** The same for all sockets of one token. */
  readonly principal: string;
  /** The key of the Vault namespace. */
  readonly namespace: string;
}

/** A lease is of the shard that watches its token, so it has the same principal. */
export function principalOfToken(authority: string, token: number): string {
  return `${authority}\n${token}`;
}

/** @returns the 101 of the hub, or of a shard of it, or a refusal */
export async function shakeHands(
  { handshake: asked, principal, namespace }: Asked,
  c: AppContext,
): Promise<Response> {
  const { env } = c;
  const { subscription } = asked;
  const hub = hubOf(subscription, namespace);
  const region = clientRegion(c);
  const handshake = region === undefined ? asked : { ...asked, region };
  try {
    const response = await sendHandshake(hub, handshake, principal, env);
    if (response === undefined) return refuse({ reason: 'unavailable', message: NO_SHARD });
    if (response.status === 101) return response;
    if (response.status === 403) return refuse({ reason: 'denied' });
    if (response.status === 400) return refuse(invalid(await response.text()).failure);
    const message = await response.text();
    // 0 if the hub says none: for limits other than a quota's, or if it is of release 0.2.
    const seconds = Number(response.headers.get('Retry-After') ?? 0);
    return refuse(
      response.status === 429
        ? { reason: 'over_quota', message, retryAfterSeconds: seconds || undefined }
        : { reason: 'unavailable', message, spreadSeconds: seconds },
    );
  } catch (failure) {
    if (isNamespaceDeleted(failure)) throw failure;
    const error = await diagnosed(failure, env, hub);
    logError(`subscribing to ${subscription.pattern} failed`, error);
    return refuse(
      storageRefusal(error) ?? {
        reason: 'unavailable',
        message: 'the hub of this event type cannot be reached; try again',
      },
    );
  }
}

const NO_SHARD = 'the shards of this event type near you are full; try again';

/** The hub of the event-type namespace, or the wildcard hub if the subscription spans several hubs. */
function hubOf({ pattern, namespaces }: Subscription, namespace: string): string {
  const types = eventTypeNamespaceGlob(pattern);
  // A pattern that no event type can match has no hub of its own, so that no Durable Object is created for it.
  const spansHubs =
    types.endsWith('*') || namespaces.length > 1 || whyNothingMatches(pattern) !== undefined;
  return spansHubs ? wildcardHubName(namespace) : hubName(namespace, types);
}
