/** `carillon policy write`, `read`, `list` and `delete` */
import { ok } from '../../lib/result.ts';
import { readInput } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';

const PATH = 'sys/policies/acl';

export const policyWrite = apiCommand({
  name: 'policy write',
  summary: 'Write a policy, or replace the one of that name',
  usage: 'policy write [options] <name> <file>',
  details: `  <name>                   what the policy is called; names are lower case
  <file>                   file with the policy, in HCL or JSON, or "-" for standard input

Options:
`,
  examples: 'carillon policy write subscriber subscriber.hcl',
  positionals: [2, 2],
  async callOf(_values, [name = '', source = '']) {
    const policy = await readInput(source);
    if (!policy.ok) return policy;
    return ok({
      method: 'PUT',
      path: `${PATH}/${name}`,
      body: { policy: policy.value },
      done: () => `wrote the policy ${JSON.stringify(name)}`,
    });
  },
});

export const policyRead = apiCommand({
  name: 'policy read',
  summary: 'Print a policy',
  usage: 'policy read [options] <name>',
  details: 'Options:\n',
  examples: 'carillon policy read subscriber',
  positionals: [1, 1],
  callOf: (_values, [name = '']) =>
    ok({
      method: 'GET',
      path: `${PATH}/${name}`,
      text: ({ data }) => endedLine(String(data.policy ?? '')),
      missing: `there is no policy ${JSON.stringify(name)}`,
    }),
});

export const policyList = apiCommand({
  name: 'policy list',
  summary: 'List the names of the policies',
  usage: 'policy list [options]',
  details: 'Options:\n',
  examples: 'carillon policy list',
  positionals: [0, 0],
  callOf: () =>
    ok({
      method: 'GET',
      path: PATH,
      query: 'list=true',
      text: ({ data }) => ((data.keys ?? []) as string[]).map((name) => `${name}\n`).join(''),
    }),
});

export const policyDelete = apiCommand({
  name: 'policy delete',
  summary: 'Delete a policy; the tokens that have it lose what it grants',
  usage: 'policy delete [options] <name>',
  details: 'Options:\n',
  examples: 'carillon policy delete subscriber',
  positionals: [1, 1],
  callOf: (_values, [name = '']) =>
    ok({
      method: 'DELETE',
      path: `${PATH}/${name}`,
      done: () => `deleted the policy ${JSON.stringify(name)}, if there was one`,
    }),
});

function endedLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
