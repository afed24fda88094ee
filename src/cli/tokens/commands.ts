/** `carillon token lookup`, `renew`, `revoke` and `capabilities` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { columns, table, tableOf, tokenRows } from '../command/output.ts';
import type { Answer } from '../server/api.ts';
import { apiCommand } from '../server/api-command.ts';
import { ACCESSOR_OPTIONS, TOKEN_ARGUMENT, targetOf } from './target.ts';

export const tokenLookup = apiCommand({
  name: 'token lookup',
  summary: 'Show a token',
  arguments: [TOKEN_ARGUMENT],
  options: ACCESSOR_OPTIONS,
  examples: ['carillon token lookup', 'carillon token lookup --accessor 7H7y7lQJ64XoxJMvKubn6SIG'],
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
  arguments: [TOKEN_ARGUMENT],
  options: {
    ...ACCESSOR_OPTIONS,
    increment: {
      type: 'string',
      value: 'duration',
      help: 'how long it is to live from now: 90s, 1h30m, 2d',
      defaultHelp: 'as at first',
    },
  },
  examples: [
    'carillon token renew --increment 1h',
    'carillon token renew --accessor 7H7y7lQJ64XoxJMvKubn6SIG',
  ],
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
  usage: ['token revoke [options] <token>', 'token revoke --self'],
  arguments: [{ name: 'token', help: 'the token, or "-" for standard input', optional: true }],
  options: {
    self: { type: 'boolean', help: 'your own token' },
    ...ACCESSOR_OPTIONS,
    mode: {
      type: 'string',
      value: 'orphan',
      help: 'the children of the token live on; needs sudo',
      choices: ['orphan'],
    },
  },
  examples: [
    'carillon token revoke --accessor 7H7y7lQJ64XoxJMvKubn6SIG',
    'carillon token revoke --self',
  ],
  async callOf(values, [given]) {
    const { self, accessor, mode } = values;
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
  usage: ['token capabilities [options] <path>', 'token capabilities [options] <token> <path>...'],
  arguments: [
    {
      ...TOKEN_ARGUMENT,
      help: 'the token, or "-" for standard input; the first of several arguments',
    },
    { name: 'path', help: 'path of an event or of the API: secret/data/app', multiple: true },
  ],
  options: ACCESSOR_OPTIONS,
  examples: [
    'carillon token capabilities sys/events/subscribe/kv-v2/data-write',
    'carillon token capabilities --accessor 7H7y7lQJ64XoxJMvKubn6SIG secret/data/app secret/data/web',
  ],
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
