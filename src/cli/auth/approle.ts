/** `carillon auth role-id` and `auth secret-id`: what a program needs to log in with AppRole. */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { numberOption } from '../command/number-option.ts';
import type { Argument } from '../command/options.ts';
import { tableOf } from '../command/output.ts';
import { parsePairs } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';
import { rolePath } from './role-path.ts';

const ROLE: Argument = { name: 'role', help: 'name of a role of approle' };

export const authRoleId = apiCommand({
  name: 'auth role-id',
  summary: 'Show the role id of a role of approle',
  arguments: [ROLE],
  notes: 'The role id is no secret. A login also needs a secret id.',
  examples: ['carillon auth role-id web', 'carillon auth role-id --field role_id web'],
  callOf(_values, [role = '']) {
    const path = rolePath('approle', role, 'role-id');
    if (!path.ok) return path;
    return ok({
      method: 'GET',
      path: path.value,
      text: ({ data }) => tableOf(data),
      missing: missing(role),
    });
  },
});

export const authSecretId = apiCommand({
  name: 'auth secret-id',
  summary: 'Make a secret id for a role of approle',
  description: 'Make a secret id, and print it. Nothing shows it again.',
  arguments: [ROLE],
  options: {
    ttl: {
      type: 'string',
      value: 'duration',
      help: 'how long it can be used',
      defaultHelp: 'as long as the role says',
    },
    'num-uses': {
      type: 'string',
      value: 'number',
      help: 'how many logins it allows',
      defaultHelp: 'as many as the role says',
    },
    metadata: {
      type: 'string',
      value: 'key=value',
      help: 'metadata of the tokens of its logins',
      multiple: true,
    },
  },
  examples: [
    'carillon auth secret-id web',
    '(umask 077 && carillon auth secret-id --field secret_id web > web.secret-id)',
  ],
  callOf(values, [role = '']) {
    const path = rolePath('approle', role, 'secret-id');
    if (!path.ok) return path;
    const uses = numberOption('num-uses', values['num-uses']);
    if (!uses.ok) return uses;
    const metadata = parsePairs(values.metadata ?? []);
    if (!metadata.ok) return wrongUse(`--metadata: ${metadata.failure.message}`);
    return ok({
      method: 'POST',
      path: path.value,
      body: {
        ttl: values.ttl,
        num_uses: uses.value,
        metadata: values.metadata && JSON.stringify(metadata.value),
      },
      text: ({ data }) => tableOf(data),
      missing: missing(role),
    });
  },
});

function missing(role: string): string {
  return `approle has no role ${JSON.stringify(role)}; write it first: carillon auth role write approle ${role} --policy <policy>`;
}
