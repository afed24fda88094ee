/** What became of the events of one request, and the refusal if one of them was not published. */

import type { CheckedEvent } from '../../ingest/read-events.ts';
import { type QuotaRefusal, quotaMessage } from '../../namespace/quota.ts';
import type { PublishRefusal } from '../../objects/hub-contract.ts';
import { MAX_HUBS, MAX_NEW_HUBS_PER_PUBLISHER } from '../../objects/limits.ts';
import type { StorageFailure } from '../../objects/storage-failure.ts';
import type { PartialRefusal } from '../respond.ts';

export type PublishOutcome = 'accepted' | 'duplicate' | PublishFailure;

/** Why an event was not published. */
export type PublishFailure = 'failed' | 'namespace_deleted' | StorageFailure | PublishRefusal;

/**
 * @param outcomes of each event, in their order
 * @param quota which one is exceeded, if one is
 * @returns the refusal, with the indexes of what was published and of what was not; undefined if all were published
 */
export function refusalOf(
  events: readonly CheckedEvent[],
  outcomes: readonly PublishOutcome[],
  quota?: QuotaRefusal,
): PartialRefusal | undefined {
  const failure = FAILURES.find((each) => outcomes.includes(each));
  if (failure === undefined) return undefined;
  const accepted: number[] = [];
  const duplicates: number[] = [];
  const failed: number[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome === 'accepted') accepted.push(index);
    else if (outcome === 'duplicate') duplicates.push(index);
    else failed.push(index);
  }
  const ids = events.map(({ event }) => event.id);
  const { reason, because, advice } = REFUSALS[failure];
  const { length } = outcomes.filter((outcome) => outcome === failure);
  const why = failure === 'over_quota' && quota !== undefined ? `: ${quotaMessage(quota)}` : '';
  const message = `${length} of ${events.length} events ${because}${why}; data says by index which. ${advice}`;
  const data = { accepted, duplicates, failed, ids };
  return { reason, message, data, retryAfterSeconds: quota?.retryAfterSeconds };
}

/** If the events of a request failed for several reasons, the first of these is the one in the answer. */
const REFUSALS: Readonly<
  Record<
    PublishFailure,
    {
      readonly reason: PartialRefusal['reason'];
      readonly because: string;
      readonly advice: string;
    }
  >
> = {
  namespace_deleted: {
    reason: 'namespace_deleted',
    because: 'are of a namespace that was deleted',
    advice: 'Leave them out, or create the namespace again',
  },
  failed: {
    reason: 'unavailable',
    because: 'could not be published',
    advice: 'Repeat the request with these ids: what was accepted is not sent again',
  },
  full: {
    reason: 'unavailable',
    because: 'could not be published, because the storage of this server is full',
    advice:
      'Free space, then repeat the request with these ids: what was accepted is not sent again',
  },
  unusable: {
    reason: 'unavailable',
    because:
      'could not be published, because their hub cannot use its storage, which may be full or damaged',
    advice:
      'Repeat the request with these ids: what was accepted is not sent again. If it goes on, an operator finds out more at /v1/sys/events/hubs and in the log',
  },
  unreadable: {
    reason: 'storage_unreadable',
    because: 'are of event-type namespaces whose hub cannot read its storage',
    advice:
      'Repeating the request does not help: an operator has to restore or reset that, see /v1/sys/events/hubs and the log',
  },
  unsupported: {
    reason: 'storage_unreadable',
    because: 'are of event-type namespaces whose hub has the storage of another release',
    advice:
      'Repeating the request does not help: an operator has to deploy that release, or restore a backup, see /v1/sys/events/hubs and the log',
  },
  too_many_hubs: {
    reason: 'too_many_hubs',
    because: `are of new event-type namespaces, and there are ${MAX_HUBS} already, as many as are allowed`,
    advice: 'Publish under one that exists',
  },
  too_many_of_publisher: {
    reason: 'too_many_hubs',
    because: `are of new event-type namespaces, and this publisher has begun ${MAX_NEW_HUBS_PER_PUBLISHER} of those that there are, as many as one may`,
    advice:
      'Publish under one that exists, or with another token; one whose events have expired, and that has no subscriber, gives its place back',
  },
  over_quota: {
    reason: 'over_quota',
    because: 'were not taken, because a quota is exceeded',
    advice: 'Repeat the request with these ids, later',
  },
  overloaded: {
    reason: 'overloaded',
    because: 'were not taken, because more are published than their hubs can send',
    advice: 'Repeat the request with these ids, later',
  },
};

const FAILURES = Object.keys(REFUSALS) as PublishFailure[];
