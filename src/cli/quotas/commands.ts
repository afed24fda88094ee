/** `carillon quota write`, `read`, `list` and `delete` */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { checkNamespaceName } from '../../namespace/namespace.ts';
import { QUOTA_LIMITS, type QuotaLimits, readQuota } from '../../namespace/quota.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { tableOf } from '../command/output.ts';
import type { Answer } from '../server/api.ts';
import { apiCommand, type Call, listCall } from '../server/api-command.ts';

const PATH = 'sys/events/quotas';
const OWN_PATH = 'sys/events/quota';
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
    const limits = limitsOf(limit);
    if (!limits.ok) return wrongUse(limits.failure.message);
    return callAt(name, {
      method: 'PUT',
      body: limits.value,
      done: () => `wrote the quota of the namespace ${quote(name)}`,
    });
  },
});

export const quotaRead = apiCommand({
  name: 'quota read',
  summary: 'Show the quota of a namespace, and what is used of it',
  arguments: [{ ...ARGUMENT, optional: true, defaultHelp: 'that of the request itself' }],
  examples: ['carillon quota read team-a', 'carillon quota read --namespace team-a'],
  callOf(_values, [name]) {
    const call = { method: 'GET', text: ({ data }: Answer) => tableOf(data) } as const;
    return name === undefined
      ? ok({ ...call, path: OWN_PATH, missing: 'there is no quota of this namespace' })
      : callAt(name, { ...call, missing: `there is no quota of a namespace ${quote(name)}` });
  },
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
      done: () => `deleted the quota of the namespace ${quote(name)}, if there was one`,
    }),
});

function limitsOf(pairs: readonly string[]): Result<QuotaLimits> {
  const body: Record<string, string> = {};
  for (const pair of pairs) {
    const [key = '', ...rest] = pair.split('=');
    if (!QUOTA_LIMITS.some((each) => each === key)) {
      return invalid(`--limit ${quote(key)} is unknown; there are ${QUOTA_LIMITS.join(', ')}`);
    }
    const value = rest.join('=');
    if (value === '') {
      return invalid(`--limit ${quote(pair)} has no number; write it as ${key}=100`);
    }
    if (Object.hasOwn(body, key)) return invalid(`--limit ${key} is given twice`);
    body[key] = value;
  }
  if (pairs.length > 0 && Object.values(body).every((value) => /^0+$/.test(value))) {
    return invalid(
      '--limit: 0 is no limit, so this quota would limit nothing; "carillon quota delete" removes a quota',
    );
  }
  const limits = readQuota(body);
  return limits.ok ? limits : invalid(`--limit: ${limits.failure.message}`);
}

function callAt(namespace: string, call: Omit<Call, 'path'>): CommandResult<Call> {
  const name = checkNamespaceName(namespace);
  return name.ok ? ok({ ...call, path: `${PATH}/${name.value}` }) : wrongUse(name.failure.message);
}
