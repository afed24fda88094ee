/** `carillon namespace create`, `list`, `lookup` and `delete` */
import { ok } from '../../lib/result.ts';
import { checkNamespacePath } from '../../namespace/namespace.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand, type Call, listCall } from '../server/api-command.ts';

const PATH = 'sys/namespaces';
const ARGUMENT = {
  name: 'path',
  help: 'path of the namespace, from that of the request: team-a, team-a/prod',
} as const;

export const namespaceCreate = apiCommand({
  name: 'namespace create',
  summary: 'Make a namespace, with tokens, policies and logins of its own',
  arguments: [ARGUMENT],
  examples: [
    'carillon namespace create team-a',
    'carillon namespace create --namespace team-a prod',
  ],
  callOf: (_values, [path = '']) =>
    callAt(path, { method: 'PUT', body: {}, text: ({ data }) => tableOf(data) }),
});

export const namespaceList = apiCommand({
  name: 'namespace list',
  summary: 'List the namespaces directly below that of the request',
  examples: ['carillon namespace list --namespace team-a'],
  callOf: () => ok(listCall(PATH, 'there are no namespaces')),
});

export const namespaceLookup = apiCommand({
  name: 'namespace lookup',
  summary: 'Show a namespace',
  arguments: [ARGUMENT],
  examples: ['carillon namespace lookup team-a/prod'],
  callOf: (_values, [path = '']) =>
    callAt(path, {
      method: 'GET',
      text: ({ data }) => tableOf(data),
      missing: `there is no namespace ${JSON.stringify(path)}`,
    }),
});

export const namespaceDelete = apiCommand({
  name: 'namespace delete',
  summary: 'Delete a namespace that has none below it, with everything in it',
  arguments: [ARGUMENT],
  examples: ['carillon namespace delete team-a/prod'],
  callOf: (_values, [path = '']) =>
    callAt(path, {
      method: 'DELETE',
      done: () => `deleted the namespace ${JSON.stringify(path)}, if there was one`,
      missing: `there is no namespace above ${JSON.stringify(path)}`,
    }),
});

/** A request at a namespace. A URL would merge the slashes of an empty segment, and name another one. */
function callAt(namespace: string, call: Omit<Call, 'path'>): CommandResult<Call> {
  const path = checkNamespacePath(namespace);
  return path.ok ? ok({ ...call, path: `${PATH}/${path.value}` }) : wrongUse(path.failure.message);
}
