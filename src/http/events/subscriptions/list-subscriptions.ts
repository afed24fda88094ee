/** Collects a page of the open subscriptions of a Vault namespace from its hubs. */

import { logError } from '../../../lib/log.ts';
import { callEach, isMethodMissing } from '../../../objects/call.ts';
import type {
  OpenSubscription,
  SubscriptionPage,
  SubscriptionPosition,
} from '../../../objects/hub-contract.ts';
import { parseHubName, wildcardHubName } from '../../../objects/names.ts';
import { messageOf } from '../../../objects/storage-failure.ts';
import { callSubscriberHub, callWildcardHub } from '../../../objects/stubs.ts';
import { MAX_LISTED_HUBS, MAX_LISTED_HUBS_AT_ONCE } from '../../limits.ts';
import { nameOfHub, WILDCARD } from '../hub-in-request.ts';
import { endOf, idOf, type ListPosition } from './subscription-id.ts';

export interface ListRequest {
  /** The key of the Vault namespace. */
  readonly namespace: string;
  /** Only this hub: an event-type namespace, or `*`; undefined for all. */
  readonly hub: string | undefined;
  /** Undefined for the first page. */
  readonly after: ListPosition | undefined;
  readonly limit: number;
}

export interface Listed {
  readonly hub: string;
  readonly id: string;
  readonly subscription: OpenSubscription;
}

export interface ListPage {
  readonly listed: readonly Listed[];
  /** The `after` of the next page; undefined if this is the last one. */
  readonly next: string | undefined;
  readonly warnings: readonly string[];
}

/** The page may be short, or empty, and not the last: it asks a limited number of hubs. */
export async function listSubscriptions(env: Env, request: ListRequest): Promise<ListPage> {
  const { namespace, after, limit } = request;
  const hubs = await hubsFrom(env, request);
  const listed: Listed[] = [];
  const warnings: string[] = [];
  const asked = hubs.slice(0, MAX_LISTED_HUBS);
  for (let first = 0; first < asked.length; first += MAX_LISTED_HUBS_AT_ONCE) {
    const group = asked.slice(first, first + MAX_LISTED_HUBS_AT_ONCE);
    const pages = await callEach(group, (hub) => {
      const position = hub === after?.hub ? after.position : undefined;
      return pageOf(env, nameOfHub(namespace, hub), position, limit);
    });
    for (const [index, hub] of group.entries()) {
      const page = pages[index];
      if (typeof page === 'string') warnings.push(`${titleOf(hub)} ${page}`);
      if (page === undefined || typeof page === 'string') continue;
      if (page.unlisted > 0) warnings.push(unlisted(hub, page.unlisted));
      for (const subscription of page.subscriptions) {
        if (listed.length === limit) return { listed, next: listed.at(-1)?.id, warnings };
        listed.push({ hub, id: idOf(hub, subscription), subscription });
      }
      if (page.hasMore) return { listed, next: listed.at(-1)?.id, warnings };
    }
  }
  const last = asked.length < hubs.length ? asked.at(-1) : undefined;
  return { listed, next: last && endOf(last), warnings };
}

/** The wildcard hub, and then the hubs that have events or subscribers, in order, from where the page begins. */
async function hubsFrom(
  env: Env,
  { namespace, hub, after }: ListRequest,
): Promise<readonly string[]> {
  const all = hub === undefined ? [WILDCARD, ...(await ownHubs(env, namespace))] : [hub];
  if (after === undefined) return all;
  // A page that begins after all of a hub has nothing of this one.
  const { hub: first, position } = after;
  return all.filter((each) => each > first || (each === first && position !== undefined));
}

async function ownHubs(env: Env, namespace: string): Promise<string[]> {
  const hubs = await callWildcardHub(env, wildcardHubName(namespace), (stub) => stub.hubs('own'));
  return hubs
    .map(parseHubName)
    .filter(({ namespaceKey }) => namespaceKey === namespace)
    .map(({ eventTypeNamespace }) => eventTypeNamespace)
    .sort();
}

/** @returns the page, or why there is none */
async function pageOf(
  env: Env,
  name: string,
  after: SubscriptionPosition | undefined,
  limit: number,
): Promise<SubscriptionPage | string> {
  try {
    return await callSubscriberHub(env, name, (stub) => stub.subscriptions(after, limit));
  } catch (error) {
    if (isMethodMissing(error)) return 'is of the release before, and cannot list its subscribers';
    logError(`the subscribers of ${name} cannot be listed`, error);
    return `does not answer: ${messageOf(error)}`;
  }
}

function titleOf(hub: string): string {
  return hub === WILDCARD ? 'the wildcard hub' : `the hub of ${hub}`;
}

function unlisted(hub: string, count: number): string {
  return `${titleOf(hub)} has ${count} subscriptions more, which the release before opened; they have no id, and end within a day`;
}
