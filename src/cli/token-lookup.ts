/** `carillon token lookup` */
import { ok } from '../lib/result.ts';
import { apiCommand } from './api-command.ts';
import { tableOf } from './output.ts';
import { ACCESSOR_OPTIONS, targetOf } from './token-target.ts';

export const tokenLookup = apiCommand({
  name: 'token lookup',
  summary: 'Show a token',
  usage: 'token lookup [options] [<token>]',
  details: `  <token>                  the token, or "-" for standard input (default: your own)

Options:
  --accessor               the argument is the accessor of a token
`,
  examples: `carillon token lookup
carillon token lookup --accessor 7H7y7lQJ64XoxJMvKubn6SIG`,
  options: ACCESSOR_OPTIONS,
  positionals: [0, 1],
  async callOf(values, [given]) {
    const target = await targetOf(values, given, 'looked up');
    if (!target.ok) return target;
    const { suffix, body } = target.value;
    return ok({
      path: `auth/token/lookup${suffix}`,
      // Every token has the right to read `lookup-self`.
      ...(suffix === '-self' ? { method: 'GET' } : { method: 'POST', body }),
      text: ({ data }) => tableOf(data),
    });
  },
});
