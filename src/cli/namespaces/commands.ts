/** `carillon namespace create`, `list`, `lookup` and `delete` */
import { ok } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
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
  callOf: (_values, [path = '']) =>
    ok({
      method: 'PUT',
      path: pathOf(path),
      body: {},
      text: ({ data }) => tableOf(data),
      missing: missingAbove(path),
    }),
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
  callOf: (_values, [path = '']) =>
    ok({
      method: 'GET',
      path: pathOf(path),
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
    ok({
      method: 'DELETE',
      path: pathOf(path),
      done: () => `deleted the namespace ${JSON.stringify(path)}, if there was one`,
      missing: `there is no namespace above ${JSON.stringify(path)}`,
    }),
});

/** Vault's answer does not say what is missing. */
function missingAbove(path: string): string {
  const above = trimSlashes(path).split('/').slice(0, -1).join('/');
  return `there is no namespace ${JSON.stringify(above)} to make ${JSON.stringify(path)} in; make it first: carillon namespace create ${above}`;
}

/** Slashes at the ends of the path are ignored. */
function pathOf(namespace: string): string {
  return `${PATH}/${trimSlashes(namespace)}`;
}
