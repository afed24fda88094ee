/** `carillon events types` */
import type { CataloguedType } from '../../event/catalog.ts';
import { ok } from '../../lib/result.ts';
import { grid } from '../command/output.ts';
import type { Answer } from '../server/api.ts';
import { apiCommand } from '../server/api-command.ts';

export const eventsTypes = apiCommand({
  name: 'events types',
  summary: 'List the event types that the server knows',
  description:
    'List the event types that the server knows, the Vault release that brought each, and the metadata that each carries. Other types can be published and subscribed to as well.',
  examples: ['carillon events types | grep ^kv-v2/', 'carillon events types --format ndjson'],
  callOf: () => ok({ method: 'GET', path: 'sys/events/types', text: tableOfTypes }),
});

function tableOfTypes({ data }: Answer): string {
  const { key_info = {} } = data as { key_info?: Record<string, CataloguedType> };
  const rows = Object.entries(key_info).map(([type, { since, metadata }]) => [
    type,
    since,
    metadata.join(', '),
  ]);
  return grid(['Event type', 'Since', 'Metadata'], rows);
}
