/** `carillon admin delete-events` */
import { ok } from '../../lib/result.ts';
import { apiCommand } from '../server/api-command.ts';
import { confirmed, YES } from './confirmed.ts';

export const adminDeleteEvents = apiCommand({
  name: 'admin delete-events',
  summary: 'Delete all retained events of the root namespace',
  description:
    'Delete the events that the hubs of the root namespace retain, and what its wildcard hub has of the namespaces below. Subscribers are closed; those that resume with a cursor are told of the gap. Tokens, policies and sources stay. To delete the events of another namespace, delete it. Needs "delete" and "sudo" on sys/events/hubs.',
  options: YES,
  examples: ['carillon admin delete-events --yes'],
  async callOf({ yes }) {
    const agreed = await confirmed('Delete all events of the root namespace?', yes);
    if (!agreed.ok) return agreed;
    return ok({
      method: 'DELETE',
      path: 'sys/events/hubs',
      done: () => 'deleted the events of the root namespace',
    });
  },
});
