/** Collects a page of the open subscriptions of a Vault namespace from its hubs and their replicas. */

import { logError } from '../../../lib/log.ts';
import { callEach, isMethodMissing } from '../../../objects/call.ts';
import type {
  OpenSubscription,
  SubscriptionPage,
  SubscriptionPosition,
} from '../../../objects/hub-contract.ts';
import { parseHubName, wildcardHubName } from '../../../objects/names.ts';
import { messageOf } from '../../../objects/storage-failure.ts';
import { callShardedHub, callSubscriberHub, callWildcardHub } from '../../../objects/stubs.ts';
import { MAX_LISTED_HUBS, MAX_LISTED_HUBS_AT_ONCE } from '../../limits.ts';
import {
  type Holder,
  hubAsHolder,
  isAfter,
  objectOfHolder,
  parseHolder,
  replicasOf,
  textOfHolder,
} from '../holder.ts';
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
  readonly holder: Holder;
  readonly id: string;
  readonly subscription: OpenSubscription;
}

export interface ListPage {
  readonly listed: readonly Listed[];
  /** The `after` of the next page; undefined if this is the last one. */
  readonly next: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * The page may be short, or empty, and not the last: it asks a limited number of objects. A hub says with its page which
 * replicas it has, and they follow it in the list.
 */
export async function listSubscriptions(env: Env, request: ListRequest): Promise<ListPage> {
  const { namespace, after, limit } = request;
  const listed: Listed[] = [];
  const warnings: string[] = [];
  const holders = await holdersFrom(env, request);
  const pages = new Pages((holder) => {
    const isFirst = after !== undefined && textOfHolder(holder) === textOfHolder(after.holder);
    return pageOf(
      env,
      objectOfHolder(namespace, holder),
      isFirst ? after.position : undefined,
      limit,
    );
  });
  for (let at = 0; at < holders.length; at++) {
    const holder = holders[at] as Holder;
    const before = holders[at - 1];
    if (!(await pages.has(holder, holders, at))) {
      return { listed, next: before && endOf(before), warnings };
    }
    const page = pages.of(holder);
    if (typeof page === 'string') {
      warnings.push(`${titleOf(holder)} ${page}`);
      continue;
    }
    if (page.unlisted > 0) warnings.push(unlisted(holder, page.unlisted));
    for (const subscription of page.subscriptions) {
      if (listed.length === limit) return { listed, next: listed.at(-1)?.id, warnings };
      listed.push({ holder, id: idOf(holder, subscription), subscription });
    }
    if (page.hasMore) return { listed, next: listed.at(-1)?.id, warnings };
    if (page.shards !== undefined) {
      holders.splice(at + 1, 0, ...replicasOf(holder.hub, page.shards));
    }
  }
  return { listed, next: undefined, warnings };
}

/** The pages of objects, of some at a time and not of too many in all. */
class Pages {
  readonly #ask: (holder: Holder) => Promise<SubscriptionPage | string>;
  readonly #pages = new Map<string, SubscriptionPage | string>();

  constructor(ask: (holder: Holder) => Promise<SubscriptionPage | string>) {
    this.#ask = ask;
  }

  /** @returns whether the page of the one at `from` is there; if not, too many were asked */
  async has(holder: Holder, holders: readonly Holder[], from: number): Promise<boolean> {
    if (this.#pages.has(textOfHolder(holder))) return true;
    const left = MAX_LISTED_HUBS - this.#pages.size;
    const asked = holders
      .slice(from, from + MAX_LISTED_HUBS)
      .map(textOfHolder)
      .filter((each) => !this.#pages.has(each))
      .slice(0, Math.min(left, MAX_LISTED_HUBS_AT_ONCE));
    const pages = await callEach(asked, (each) => this.#ask(parseHolder(each) as Holder));
    for (const [index, each] of asked.entries())
      this.#pages.set(each, pages[index] as SubscriptionPage);
    return asked.length > 0;
  }

  of(holder: Holder): SubscriptionPage | string {
    return this.#pages.get(textOfHolder(holder)) as SubscriptionPage | string;
  }
}

/** The wildcard hub, and then the hubs that have events or subscribers, in order, from where the page begins. */
async function holdersFrom(env: Env, { namespace, hub, after }: ListRequest): Promise<Holder[]> {
  const all = hub === undefined ? [WILDCARD, ...(await ownHubs(env, namespace))] : [hub];
  if (after === undefined) return all.map(hubAsHolder);
  const { holder, position } = after;
  const later = all.filter((each) => each > holder.hub).map(hubAsHolder);
  if (!all.includes(holder.hub)) return later;
  // The hub says with its page which replicas follow it.
  if (holder.region === null && position !== undefined) return [holder, ...later];
  const replicas = await knownReplicas(env, namespace, holder.hub);
  const rest = replicas.filter((each) => isAfter(each, holder));
  return [...(position === undefined ? [] : [holder]), ...rest, ...later];
}

/** A hub that does not answer is not in the way of those after it. */
async function knownReplicas(env: Env, namespace: string, hub: string): Promise<Holder[]> {
  const name = nameOfHub(namespace, hub);
  try {
    const { shards } = await callShardedHub(env, name, (stub) => stub.shardDirectory());
    return replicasOf(hub, shards);
  } catch (error) {
    if (!isMethodMissing(error)) logError(`the replicas of ${name} are not known`, error);
    return [];
  }
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

function titleOf({ hub, region, shard }: Holder): string {
  const title = hub === WILDCARD ? 'the wildcard hub' : `the hub of ${hub}`;
  if (region === null) return title;
  return shard === null
    ? `the head of ${region} of ${title}`
    : `shard ${shard} of ${region} of ${title}`;
}

function unlisted(holder: Holder, count: number): string {
  return `${titleOf(holder)} has ${count} subscriptions more, which the release before opened; they have no id, and end within a day`;
}
