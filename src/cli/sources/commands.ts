/** `carillon source write`, `read`, `list`, `test` and `delete` */

import { checkSourceName } from '../../ingest/webhooks/settings/settings.ts';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { type CommandResult, failed, wrongUse } from '../command/command.ts';
import { listing, tableOf } from '../command/output.ts';
import { readInput, readSecret } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';
import { noteOnAddress, sourceAddress, sourcePath } from './address.ts';

const PATH = 'sys/events/sources';
const NAME = { name: 'name', help: 'name of the source' } as const;

export const sourceWrite = apiCommand({
  name: 'source write',
  summary: 'Make a source of events, or replace it: who sends, and which events that makes',
  arguments: [{ name: 'name', help: 'what the source is called; its address ends in it' }],
  options: {
    kind: {
      type: 'string',
      value: 'kind',
      help: 'github, stripe, slack, … (docs/sources.md has all), standard-webhooks, hmac, token or vault-audit',
    },
    'secret-file': {
      type: 'string',
      value: 'file',
      help: 'file with one secret, or "-" for standard input; several while the secret changes',
      multiple: true,
      defaultHelp: 'those it has',
      completes: 'file',
    },
    'event-type': {
      type: 'string',
      value: 'rule',
      help: "event type, such as 'ci/{header:X-Event}'",
      defaultHelp: 'that of the kind',
    },
    path: {
      type: 'string',
      value: 'rule',
      help: 'metadata "path", by which policies decide, such as \'ci/{/job/name}\'',
    },
    id: { type: 'string', value: 'rule', help: "id, such as '{/delivery}'" },
    settings: {
      type: 'string',
      value: 'file',
      help: 'JSON with these and all others, as the API has them: signature, url, mapping, tolerance, namespace, mounts, on_overload; the other options override it',
      completes: 'file',
    },
  },
  examples: [
    'carillon source write --kind github --secret-file ~/github-secret github',
    'carillon source write --settings ci.json --secret-file ~/ci-secret ci',
  ],
  async callOf(values, [name = '']) {
    const checked = checkName(name);
    if (!checked.ok) return checked;
    const settings = await objectFrom(values.settings);
    if (!settings.ok) return settings;
    const files = values['secret-file'];
    const secrets: string[] = [];
    for (const file of files ?? []) {
      const secret = await readSecret(file);
      if (!secret.ok) return secret;
      secrets.push(secret.value);
    }
    const mapping = settings.value.mapping ?? {};
    if (!isJsonObject(mapping)) {
      return failed(`mapping must be a JSON object, not ${kindOf(mapping)}`);
    }
    const { path, id } = values;
    const rules = { ...(path !== undefined && { path }), ...(id !== undefined && { id }) };
    const hasRules = Object.keys(rules).length > 0;
    return ok({
      method: 'PUT',
      path: `${PATH}/${name}`,
      body: {
        ...settings.value,
        ...(values.kind !== undefined && { kind: values.kind }),
        ...(values['event-type'] !== undefined && { event_type: values['event-type'] }),
        ...(hasRules && { mapping: { ...mapping, ...rules } }),
        ...(files && { secrets }),
      },
      done: (server) =>
        `wrote the source ${JSON.stringify(name)}; its address is ${sourceAddress(server, sourcePath(server, name))}`,
      note: noteOnAddress,
    });
  },
});

export const sourceRead = apiCommand({
  name: 'source read',
  summary: 'Show a source: all but its secrets',
  arguments: [NAME],
  examples: ['carillon source read github'],
  callOf(_values, [name = '']) {
    const checked = checkName(name);
    if (!checked.ok) return checked;
    return ok({
      method: 'GET',
      path: `${PATH}/${name}`,
      text: ({ data }, server) =>
        tableOf({ ...data, address: sourceAddress(server, String(data.address)) }),
      note: noteOnAddress,
      missing: noSource(name),
    });
  },
});

export const sourceList = apiCommand({
  name: 'source list',
  summary: 'List the names of the sources',
  examples: ['carillon source list'],
  callOf: () =>
    ok({
      method: 'GET',
      path: PATH,
      query: 'list=true',
      text: ({ data }) => listing('Keys', (data.keys ?? []) as string[]),
      missing: 'there are no sources',
    }),
});

export const sourceTest = apiCommand({
  name: 'source test',
  summary: 'Show the events of a delivery, without publishing them',
  arguments: [
    NAME,
    {
      name: 'file',
      help: 'file with the body of the delivery, or "-" for standard input',
      completes: 'file',
    },
  ],
  options: {
    header: {
      type: 'string',
      value: 'name: value',
      help: 'a header of the delivery',
      multiple: true,
    },
  },
  examples: ["carillon source test --header 'X-GitHub-Event: push' github push.json"],
  async callOf(values, [name = '', file = '']) {
    const checked = checkName(name);
    if (!checked.ok) return checked;
    const headers: [string, string][] = [];
    for (const header of values.header ?? []) {
      const colon = header.indexOf(':');
      if (colon < 1) return wrongUse('--header must be "<name>: <value>"');
      headers.push([header.slice(0, colon), header.slice(colon + 1).trim()]);
    }
    const body = await readInput(file);
    if (!body.ok) return body;
    return ok({
      method: 'POST',
      path: `${PATH}/${name}/test`,
      body: { headers: Object.fromEntries(headers), body: body.value },
      text: ({ data }) => `${JSON.stringify(data, undefined, 2)}\n`,
      missing: noSource(name),
    });
  },
});

export const sourceDelete = apiCommand({
  name: 'source delete',
  summary: 'Delete a source; requests to it are then refused',
  arguments: [NAME],
  examples: ['carillon source delete github'],
  callOf(_values, [name = '']) {
    const checked = checkName(name);
    if (!checked.ok) return checked;
    return ok({
      method: 'DELETE',
      path: `${PATH}/${name}`,
      done: () => `deleted the source ${JSON.stringify(name)}, if there was one`,
    });
  },
});

/** A name with a slash would reach another route, whose error does not say what is wrong. */
function checkName(name: string): CommandResult<void> {
  const checked = checkSourceName(name);
  return checked.ok ? ok(undefined) : wrongUse(checked.failure.message);
}

function noSource(name: string): string {
  return `there is no source ${JSON.stringify(name)}`;
}

/** The JSON object in a file; an empty one without a file. */
async function objectFrom(
  file: string | undefined,
): Promise<CommandResult<Record<string, unknown>>> {
  if (file === undefined) return ok({});
  const text = await readInput(file);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (!json.ok) return failed(`${file}: ${json.failure.message}`);
  return isJsonObject(json.value)
    ? ok(json.value)
    : failed(`${file} must be a JSON object, not ${kindOf(json.value)}`);
}
