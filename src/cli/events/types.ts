/** `carillon events types` */
import type { CataloguedType } from '../../event/catalog.ts';
import { ok } from '../../lib/result.ts';
import { command, failed } from '../command/command.ts';
import { requestApi } from '../server/api.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';

export const eventsTypes = command({
  name: 'events types',
  summary: 'List the event types that the server knows',
  description:
    'List the event types that the server knows, the Vault release that brought each, and the metadata that each carries. Other types can be published and subscribed to as well.',
  options: SERVER_OPTIONS,
  examples: ['carillon events types | grep ^kv-v2/'],
  async run(values) {
    const server = serverOf(values);
    if (!server.ok) return server;
    const answer = await requestApi(server.value, 'sys/events/types');
    if (!answer.ok) return failed(answer.failure.message);

    const { key_info = {} } = answer.value.data as { key_info?: Record<string, CataloguedType> };
    const rows = Object.entries(key_info);
    const width = Math.max(...rows.map(([type]) => type.length), 'EVENT TYPE'.length);
    process.stdout.write(`${'EVENT TYPE'.padEnd(width)}  SINCE  METADATA\n`);
    for (const [type, { since, metadata }] of rows) {
      process.stdout.write(`${type.padEnd(width)}  ${since.padEnd(5)}  ${metadata.join(', ')}\n`);
    }
    return ok(0);
  },
});
