/** `carillon token create` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { numberOption } from '../command/number-option.ts';
import { table, tokenRows } from '../command/output.ts';
import { parsePairs, readSecret } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';
import { TOKEN } from '../server/expectations.ts';

export const tokenCreate = apiCommand({
  name: 'token create',
  summary: 'Make a token, a child of your own',
  options: {
    policy: {
      type: 'string',
      value: 'name',
      help: 'policy of the token',
      multiple: true,
      defaultHelp: 'those of the parent',
    },
    ttl: {
      type: 'string',
      value: 'duration',
      help: 'how long it lives unless it is renewed: 90s, 1h30m, 2d',
    },
    'explicit-max-ttl': {
      type: 'string',
      value: 'duration',
      help: 'how long it lives at most, renewed or not',
    },
    period: {
      type: 'string',
      value: 'duration',
      help: 'it lives as long as it is renewed within this time',
    },
    'use-limit': {
      type: 'string',
      value: 'number',
      help: 'how many requests it can make',
      defaultHelp: 'any number',
    },
    orphan: { type: 'boolean', help: 'it outlives its parent; needs sudo' },
    'no-default-policy': { type: 'boolean', help: 'leave the policy "default" out' },
    renewable: { type: 'boolean', help: 'whether it can be renewed; --renewable=false denies it' },
    'display-name': { type: 'string', value: 'text', help: 'its name in look-ups' },
    metadata: {
      type: 'string',
      value: 'key=value',
      help: 'more to show in look-ups',
      multiple: true,
    },
    id: {
      type: 'string',
      value: 'token',
      help: 'the token itself, or "-" for standard input; needs sudo',
      defaultHelp: 'a random one',
    },
  },
  examples: [
    'carillon token create --policy subscriber --ttl 1h',
    'carillon token create --policy subscriber --format json | jq -r .auth.client_token',
  ],
  async callOf(values) {
    const limit = numberOption('use-limit', values['use-limit']);
    if (!limit.ok) return limit;
    const metadata = parsePairs(values.metadata ?? []);
    if (!metadata.ok) return wrongUse(`--metadata: ${metadata.failure.message}`);
    const id = values.id === '-' ? await readSecret('-') : ok(values.id);
    if (!id.ok) return id;
    if (id.value === '') return wrongUse('--id: the token is empty');
    const body = {
      id: id.value,
      policies: values.policy,
      ttl: values.ttl,
      explicit_max_ttl: values['explicit-max-ttl'],
      period: values.period,
      num_uses: limit.value,
      no_parent: values.orphan,
      no_default_policy: values['no-default-policy'],
      renewable: values.renewable,
      display_name: values['display-name'],
      meta: values.metadata && metadata.value,
    };
    return ok({
      method: 'POST',
      path: 'auth/token/create',
      body,
      expects: TOKEN,
      text: ({ auth = {} }) => table(tokenRows(auth)),
    });
  },
});
