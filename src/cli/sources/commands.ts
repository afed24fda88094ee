/** `carillon source read`, `list` and `delete` */
import { ok } from '../../lib/result.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand, listCall } from '../server/api-command.ts';
import { noteOnAddress, sourceAddress } from './address.ts';
import { NAME, noSource, pathOf, SOURCES } from './name.ts';

export const sourceRead = apiCommand({
  name: 'source read',
  summary: 'Show a source: all but its secrets',
  arguments: [NAME],
  examples: ['carillon source read github'],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'GET',
      path: path.value,
      text: ({ data }, server) =>
        tableOf(
          data.address === undefined
            ? data
            : { ...data, address: sourceAddress(server, String(data.address)) },
        ),
      // The source of a queue has no address.
      note: (server, { data }) => (data.address === undefined ? undefined : noteOnAddress(server)),
      missing: noSource(name),
    });
  },
});

export const sourceList = apiCommand({
  name: 'source list',
  summary: 'List the names of the sources',
  examples: ['carillon source list'],
  callOf: () => ok(listCall(SOURCES, 'there are no sources')),
});

export const sourceDelete = apiCommand({
  name: 'source delete',
  summary: 'Delete a source; requests to it are then refused',
  arguments: [NAME],
  examples: ['carillon source delete github'],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'DELETE',
      path: path.value,
      done: () => `deleted the source ${JSON.stringify(name)}, if there was one`,
    });
  },
});
