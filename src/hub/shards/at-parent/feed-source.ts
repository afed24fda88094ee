import type { SubscriberJournal } from '../../journal/subscriber-journal.ts';

/** The journal that a hub or a region head feeds to its replicas. */
export type FeedSource = Pick<SubscriberJournal, 'last' | 'facts' | 'load' | 'readPart'>;
