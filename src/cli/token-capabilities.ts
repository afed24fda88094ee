/** `carillon token capabilities` */
import { ok } from '../lib/result.ts';
import type { Answer } from './api.ts';
import { apiCommand } from './api-command.ts';
import { wrongUse } from './command.ts';
import { columns } from './output.ts';
import { ACCESSOR_OPTIONS, targetOf } from './token-target.ts';

export const tokenCapabilities = apiCommand({
  name: 'token capabilities',
  summary: 'Show what a token may do with a path',
  usage: `token capabilities [options] <path>
       carillon token capabilities [options] <token> <path>...`,
  details: `  <token>                  the token, or "-" for standard input (default: your own); where there
                           are several arguments it is the first of them
  <path>                   path of an event or of the API: secret/data/app

Options:
  --accessor               the first argument is the accessor of a token
`,
  examples: `carillon token capabilities sys/events/subscribe/kv-v2/data-write
carillon token capabilities --accessor 7H7y7lQJ64XoxJMvKubn6SIG secret/data/app secret/data/web`,
  options: ACCESSOR_OPTIONS,
  positionals: [1, Infinity],
  async callOf(values, positionals) {
    const [given, ...paths] = positionals.length > 1 ? positionals : [undefined, ...positionals];
    if (values.accessor === true && given === undefined) {
      return wrongUse('give the accessor, and a path');
    }
    const target = await targetOf(values, given, 'looked up');
    if (!target.ok) return target;
    return ok({
      method: 'POST',
      path: `sys/capabilities${target.value.suffix}`,
      body: { ...target.value.body, paths },
      text: ({ data }) => capabilitiesOf(data, paths as string[]),
    });
  },
});

/** The capabilities of a single path have no table: a script can use them. */
function capabilitiesOf(data: Answer['data'], paths: readonly string[]): string {
  const rows = paths.map((path) => [path, ([data[path]].flat() as string[]).join(', ')] as const);
  const [[, only] = []] = rows;
  return rows.length === 1 ? `${only}\n` : columns(rows);
}
