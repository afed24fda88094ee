/** `carillon admin move` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand } from '../server/api-command.ts';
import { confirmed, YES } from './confirmed.ts';

export const adminMove = apiCommand({
  name: 'admin move',
  summary: 'Move a hub to another place',
  description:
    'Move a hub with all that it retains to a new Durable Object, near you or where --location says. From then on the hub serves nothing: requests get 503, and clients try again, until you deploy the value of MOVED_HUBS that the answer has. Run it again with --finish after that. Cursors stay valid. Needs "update" and "sudo" on sys/events/hubs/{hub}/move, and "delete" to cancel.',
  options: {
    hub: { type: 'string', value: 'hub', help: 'the hub of this event-type namespace' },
    place: {
      type: 'string',
      value: 'number',
      help: 'the number of the new place: 2 for the first move, and a higher one each time',
    },
    location: {
      type: 'string',
      value: 'hint',
      help: 'where Cloudflare is to create the object: weur, enam and so on',
    },
    finish: {
      type: 'boolean',
      help: 'delete what the old place has, after MOVED_HUBS was deployed',
    },
    cancel: { type: 'boolean', help: 'serve at the old place again, and delete the copy' },
    ...YES,
  },
  notes:
    'A large journal needs several requests: while done is false, run the command again. It ends with 1 then.',
  examples: [
    'carillon admin move --hub kv-v2 --place 2 --location weur',
    'carillon admin move --hub kv-v2 --finish',
    'carillon admin move --hub kv-v2 --cancel',
  ],
  async callOf({ hub, place, location, finish, cancel, yes }) {
    const asked = [place !== undefined, finish === true, cancel === true].filter(Boolean);
    if (hub === undefined || asked.length !== 1) {
      return wrongUse('give --hub, and one of --place, --finish and --cancel');
    }
    if (location !== undefined && place === undefined) return wrongUse('--location needs --place');
    const path = `sys/events/hubs/${encodeURIComponent(hub)}/move`;
    if (cancel === true) {
      return ok({ method: 'DELETE', path, done: () => `the hub of ${hub} is where it was` });
    }
    const agreed = await confirmed(
      finish === true
        ? `Delete what the old place of the hub of ${hub} has?`
        : `Move the hub of ${hub}? It serves nothing until you deploy another value of MOVED_HUBS.`,
      yes,
    );
    if (!agreed.ok) return agreed;
    return ok({
      method: 'POST',
      path,
      body: finish === true ? { finish } : { place: Number(place), location },
      text: ({ data }) => tableOf(data),
      exitCode: ({ data }) => (data.done === false ? 1 : 0),
    });
  },
});
