/** `carillon subscriptions close` */
import { ok } from '../../lib/result.ts';
import { apiCommand } from '../server/api-command.ts';
import { SUBSCRIPTIONS } from './list.ts';

export const subscriptionsClose = apiCommand({
  name: 'subscriptions close',
  summary: 'Close an open subscription; its client may reconnect',
  description:
    'Close an open subscription. Its client may reconnect at once, and misses nothing if it resumes. To keep it out, revoke its token with "carillon token revoke --accessor". Needs "delete" and "sudo" on sys/events/subscriptions/*.',
  arguments: [{ name: 'id', help: 'from "carillon subscriptions list"' }],
  examples: ['carillon subscriptions close kv-v2.3.mh4x2k9q-5f0c1a2b'],
  callOf: (_values, [id = '']) =>
    ok({
      method: 'DELETE',
      path: `${SUBSCRIPTIONS}/${encodeURIComponent(id)}`,
      done: () => `closed the subscription ${id}`,
    }),
});
