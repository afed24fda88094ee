/** `carillon token renew` */
import { ok } from '../lib/result.ts';
import { apiCommand } from './api-command.ts';
import { table, tokenRows } from './output.ts';
import { ACCESSOR_OPTIONS, targetOf } from './token-target.ts';

export const tokenRenew = apiCommand({
  name: 'token renew',
  summary: 'Let a token live longer',
  usage: 'token renew [options] [<token>]',
  details: `  <token>                  the token, or "-" for standard input (default: your own)

Options:
  --accessor               the argument is the accessor of a token
  --increment <duration>   how long it is to live from now: 90s, 1h30m, 2d (default: as at first)
`,
  examples: `carillon token renew --increment 1h
carillon token renew --accessor 7H7y7lQJ64XoxJMvKubn6SIG`,
  options: { ...ACCESSOR_OPTIONS, increment: { type: 'string' } },
  positionals: [0, 1],
  async callOf(values, [given]) {
    const target = await targetOf(values, given, 'renewed');
    if (!target.ok) return target;
    return ok({
      method: 'POST',
      path: `auth/token/renew${target.value.suffix}`,
      body: { ...target.value.body, increment: values.increment },
      text: ({ auth = {} }) => table(tokenRows(auth)),
    });
  },
});
