/** `carillon token lookup`, `renew`, `revoke` and `capabilities` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { columns, table, tableOf, tokenRows } from '../command/output.ts';
import type { Answer } from '../server/api.ts';
import { apiCommand } from '../server/api-command.ts';
import { ACCESSOR_OPTIONS, targetOf } from './target.ts';

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

export const tokenRevoke = apiCommand({
  name: 'token revoke',
  summary: 'End a token, its children and the subscriptions of all of them',
  usage: `token revoke [options] <token>
       carillon token revoke --self`,
  details: `  <token>                  the token, or "-" for standard input

Options:
  --self                   your own token
  --accessor               the argument is the accessor of a token
  --mode orphan            the children of the token live on; needs sudo
`,
  examples: `carillon token revoke --accessor 7H7y7lQJ64XoxJMvKubn6SIG
carillon token revoke --self`,
  options: { ...ACCESSOR_OPTIONS, self: { type: 'boolean' }, mode: { type: 'string' } },
  positionals: [0, 1],
  async callOf(values, [given]) {
    const { self, accessor, mode } = values;
    if (mode !== undefined && mode !== 'orphan') {
      return wrongUse(`--mode is ${JSON.stringify(mode)}; there is only "orphan"`);
    }
    if (self === true && (given !== undefined || accessor === true || mode !== undefined)) {
      return wrongUse('--self cannot be combined with a token, --accessor or --mode');
    }
    // A forgotten argument must not revoke the user's own token.
    if (self !== true && given === undefined) return wrongUse('the token is missing, or --self');
    if (accessor === true && mode !== undefined) {
      return wrongUse('--mode orphan needs the token itself, not its accessor');
    }
    const target = await targetOf(values, given, 'revoked');
    if (!target.ok) return target;
    return ok({
      method: 'POST',
      path: `auth/token/revoke${mode === undefined ? target.value.suffix : '-orphan'}`,
      body: target.value.body,
      done: () => 'revoked the token, if there was one',
    });
  },
});

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
