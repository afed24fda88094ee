/** `carillon namespace create`, `list`, `lookup` and `delete` */
import { ok } from '../../lib/result.ts';
import { checkNamespacePath } from '../../namespace/namespace.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import { listing, tableOf } from '../command/output.ts';
import { apiCommand } from '../server/api-command.ts';

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
  callOf: (_values, [path = '']) => {
    const checked = pathOf(path);
    if (!checked.ok) return checked;
    return ok({
      method: 'PUT',
      path: checked.value,
      body: {},
      text: ({ data }) => tableOf(data),
    });
  },
});

export const namespaceList = apiCommand({
  name: 'namespace list',
  summary: 'List the namespaces directly below that of the request',
  examples: ['carillon namespace list --namespace team-a'],
  callOf: () =>
    ok({
      method: 'GET',
      path: PATH,
      query: 'list=true',
      text: ({ data }) => listing('Keys', (data.keys ?? []) as string[]),
      missing: 'there are no namespaces',
    }),
});

export const namespaceLookup = apiCommand({
  name: 'namespace lookup',
  summary: 'Show a namespace',
  arguments: [ARGUMENT],
  examples: ['carillon namespace lookup team-a/prod'],
  callOf: (_values, [path = '']) => {
    const checked = pathOf(path);
    if (!checked.ok) return checked;
    return ok({
      method: 'GET',
      path: checked.value,
      text: ({ data }) => tableOf(data),
      missing: `there is no namespace ${JSON.stringify(path)}`,
    });
  },
});

export const namespaceDelete = apiCommand({
  name: 'namespace delete',
  summary: 'Delete a namespace that has none below it, with everything in it',
  arguments: [ARGUMENT],
  examples: ['carillon namespace delete team-a/prod'],
  callOf: (_values, [path = '']) => {
    const checked = pathOf(path);
    if (!checked.ok) return checked;
    return ok({
      method: 'DELETE',
      path: checked.value,
      done: () => `deleted the namespace ${JSON.stringify(path)}, if there was one`,
      missing: `there is no namespace above ${JSON.stringify(path)}`,
    });
  },
});

/** A URL would merge the slashes of an empty segment, and name another namespace. */
function pathOf(namespace: string): CommandResult<string> {
  const path = checkNamespacePath(namespace);
  return path.ok ? ok(`${PATH}/${path.value}`) : wrongUse(path.failure.message);
}
