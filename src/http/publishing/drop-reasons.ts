/** Why an event was not published, for the log: its sender is not told. */

import type { PublishFailure } from './outcomes.ts';

export const DROP_REASONS: Readonly<Record<PublishFailure, string>> = {
  namespace_deleted: 'its namespace was deleted',
  failed: 'its hub failed',
  full: 'the storage of this server is full',
  unusable: 'its hub cannot use its storage',
  unreadable: 'its hub cannot read its storage',
  unsupported: 'its hub has the storage of another release',
  too_many_hubs: 'there are as many event-type namespaces as are allowed',
  too_many_of_publisher: 'its publisher has begun as many event-type namespaces as one may',
  over_quota: 'a quota is exceeded',
  overloaded: 'more is published than its hub can send',
};
