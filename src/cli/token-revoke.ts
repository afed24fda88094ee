/** `carillon token revoke` */
import { ok } from '../lib/result.ts';
import { apiCommand } from './api-command.ts';
import { wrongUse } from './command.ts';
import { ACCESSOR_OPTIONS, targetOf } from './token-target.ts';

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
