/** `carillon token create` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { table, tokenRows } from '../command/output.ts';
import { parsePairs, readSecret } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';

export const tokenCreate = apiCommand({
  name: 'token create',
  summary: 'Make a token, a child of your own',
  usage: 'token create [options]',
  details: `Options:
  --policy <name>          policy of the token; may be repeated (default: those of the parent)
  --ttl <duration>         how long it lives unless it is renewed: 90s, 1h30m, 2d
  --explicit-max-ttl <d>   how long it lives at most, renewed or not
  --period <duration>      it lives as long as it is renewed within this time
  --use-limit <number>     how many requests it can make (default: any number)
  --orphan                 it outlives its parent; needs sudo
  --no-default-policy      leave the policy "default" out
  --renewable=false        it cannot be renewed
  --display-name <text>    its name in look-ups
  --metadata <key=value>   more to show in look-ups; may be repeated
  --id <token>             the token itself, or "-" for standard input; needs sudo (default: a random
                           one)
`,
  examples: `carillon token create --policy subscriber --ttl 1h
carillon token create --policy subscriber --format json | jq -r .auth.client_token`,
  options: {
    policy: { type: 'string', multiple: true },
    ttl: { type: 'string' },
    'explicit-max-ttl': { type: 'string' },
    period: { type: 'string' },
    'use-limit': { type: 'string' },
    orphan: { type: 'boolean' },
    'no-default-policy': { type: 'boolean' },
    renewable: { type: 'boolean' },
    'display-name': { type: 'string' },
    metadata: { type: 'string', multiple: true },
    id: { type: 'string' },
  },
  positionals: [0, 0],
  async callOf(values) {
    const limit = values['use-limit'] as string | undefined;
    if (limit !== undefined && !/^\d+$/.test(limit)) {
      return wrongUse(`--use-limit is ${JSON.stringify(limit)}; it must be a number`);
    }
    const metadata = parsePairs((values.metadata ?? []) as string[]);
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
      num_uses: limit === undefined ? undefined : Number(limit),
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
      text: ({ auth = {} }) => table(tokenRows(auth)),
    });
  },
});
