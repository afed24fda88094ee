/** `carillon policy write`, `read`, `list` and `delete` */
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { readInput } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';
import { KEYS } from '../server/expectations.ts';

const PATH = 'sys/policies/acl';
const NAME = { name: 'name', help: 'name of the policy' } as const;

export const policyWrite = apiCommand({
  name: 'policy write',
  summary: 'Write a policy, or replace the one of that name',
  arguments: [
    { name: 'name', help: 'what the policy is called; names are lower case' },
    {
      name: 'file',
      help: 'file with the policy, in HCL or JSON, or "-" for standard input',
      completes: 'file',
    },
  ],
  examples: ['carillon policy write subscriber subscriber.hcl'],
  async callOf(_values, [name = '', source = '']) {
    const policy = await readInput(source);
    if (!policy.ok) return policy;
    return ok({
      method: 'PUT',
      path: `${PATH}/${name}`,
      body: { policy: policy.value },
      done: () => `wrote the policy ${quote(name)}`,
    });
  },
});

export const policyRead = apiCommand({
  name: 'policy read',
  summary: 'Print a policy',
  arguments: [NAME],
  examples: ['carillon policy read subscriber'],
  callOf: (_values, [name = '']) =>
    ok({
      method: 'GET',
      path: `${PATH}/${name}`,
      text: ({ data }) => endedLine(String(data.policy ?? '')),
      missing: `there is no policy ${quote(name)}`,
    }),
});

export const policyList = apiCommand({
  name: 'policy list',
  summary: 'List the names of the policies',
  examples: ['carillon policy list'],
  callOf: () =>
    ok({
      method: 'GET',
      path: PATH,
      query: 'list=true',
      expects: KEYS,
      text: ({ data }) => (data.keys as string[]).map((name) => `${name}\n`).join(''),
    }),
});

export const policyDelete = apiCommand({
  name: 'policy delete',
  summary: 'Delete a policy; the tokens that have it lose what it grants',
  arguments: [NAME],
  examples: ['carillon policy delete subscriber'],
  callOf: (_values, [name = '']) =>
    ok({
      method: 'DELETE',
      path: `${PATH}/${name}`,
      done: () => `deleted the policy ${quote(name)}, if there was one`,
    }),
});

function endedLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
