/** `carillon quota write`, `read`, `list` and `delete` */
import { ok } from '../../lib/result.ts';
import { checkNamespaceName } from '../../namespace/namespace.ts';
import { QUOTA_LIMITS, readQuota } from '../../namespace/quota.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand, type Call, listCall } from '../server/api-command.ts';

const PATH = 'sys/events/quotas';
const ARGUMENT = {
  name: 'name',
  help: 'name of the namespace that the quota is of, directly below that of the request',
} as const;

export const quotaWrite = apiCommand({
  name: 'quota write',
  summary: 'Limit what a namespace and all below it may use; replaces the quota that it has',
  arguments: [ARGUMENT],
  options: {
    limit: {
      type: 'string',
      value: 'limit=number',
      help: `${QUOTA_LIMITS.join(', ')}; several, each with an option of its own`,
      multiple: true,
    },
  },
  examples: ['carillon quota write --limit events_per_second=500 --limit subscribers=1000 team-a'],
  callOf({ limit = [] }, [name = '']) {
    const body = Object.fromEntries(
      limit.map((pair) => {
        const [key = '', ...value] = pair.split('=');
        return [key, value.join('=')];
      }),
    );
    const unknown = Object.keys(body).find((key) => !QUOTA_LIMITS.some((each) => each === key));
    if (unknown !== undefined) {
      return wrongUse(
        `--limit ${JSON.stringify(unknown)} is unknown; there are ${QUOTA_LIMITS.join(', ')}`,
      );
    }
    const limits = readQuota(body);
    if (!limits.ok) return wrongUse(`--limit: ${limits.failure.message}`);
    return callAt(name, {
      method: 'PUT',
      body: limits.value,
      done: () => `wrote the quota of the namespace ${JSON.stringify(name)}`,
    });
  },
});

export const quotaRead = apiCommand({
  name: 'quota read',
  summary: 'Show the quota of a namespace, and what is used of it',
  arguments: [ARGUMENT],
  examples: ['carillon quota read team-a'],
  callOf: (_values, [name = '']) =>
    callAt(name, {
      method: 'GET',
      text: ({ data }) => tableOf(data),
      missing: `there is no quota of a namespace ${JSON.stringify(name)}`,
    }),
});

export const quotaList = apiCommand({
  name: 'quota list',
  summary: 'List the namespaces directly below that of the request that have a quota',
  examples: ['carillon quota list'],
  callOf: () => ok(listCall(PATH, 'there are no quotas')),
});

export const quotaDelete = apiCommand({
  name: 'quota delete',
  summary: 'Delete the quota of a namespace',
  arguments: [ARGUMENT],
  examples: ['carillon quota delete team-a'],
  callOf: (_values, [name = '']) =>
    callAt(name, {
      method: 'DELETE',
      done: () => `deleted the quota of the namespace ${JSON.stringify(name)}, if there was one`,
    }),
});

function callAt(namespace: string, call: Omit<Call, 'path'>): CommandResult<Call> {
  const name = checkNamespaceName(namespace);
  return name.ok ? ok({ ...call, path: `${PATH}/${name.value}` }) : wrongUse(name.failure.message);
}
