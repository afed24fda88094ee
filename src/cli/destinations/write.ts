/** `carillon destination write` */
import { randomBytes } from 'node:crypto';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { announce, type CommandResult, failed, wrongUse } from '../command/command.ts';
import { sinceOf } from '../events/since-option.ts';
import { readSecret } from '../input/input.ts';
import { objectFrom } from '../input/json-file.ts';
import { apiCommand } from '../server/api-command.ts';
import { pathOf } from './name.ts';

const SECRET_BYTES = 32;

export const destinationWrite = apiCommand({
  name: 'destination write',
  summary: 'Make a destination, or replace its settings: what it is sent, and to where',
  arguments: [{ name: 'name', help: 'what the destination is called' }],
  options: {
    pattern: {
      type: 'string',
      value: 'pattern',
      help: "event types, with * as wildcard: 'kv-v2/data-*'",
      completes: 'event-type',
    },
    policy: {
      type: 'string',
      value: 'policy',
      help: 'a policy by which it sees; your token has to have it',
      multiple: true,
    },
    url: { type: 'string', value: 'url', help: 'deliver to this webhook' },
    worker: {
      type: 'string',
      value: 'binding',
      help: 'deliver to the Worker of this service binding',
    },
    queue: { type: 'string', value: 'binding', help: 'deliver to the queue of this binding' },
    'secret-file': {
      type: 'string',
      value: 'file',
      help: 'file with one secret that signs webhooks, or "-" for standard input; several while the secret changes',
      multiple: true,
      defaultHelp: 'those it has',
      completes: 'file',
    },
    'generate-secret': {
      type: 'boolean',
      help: 'make a secret that signs webhooks, and show it once; it replaces those that the destination has',
    },
    header: {
      type: 'string',
      value: 'name: value',
      help: 'a header of each webhook',
      multiple: true,
    },
    namespaces: {
      type: 'string',
      value: 'pattern',
      help: "namespaces below, with * as wildcard: 'team-*'",
      multiple: true,
    },
    filter: { type: 'string', value: 'expression', help: 'only events that pass this filter' },
    since: {
      type: 'string',
      value: 'position',
      help: 'where a new destination starts: "earliest", or a time: 2h, yesterday',
      defaultHelp: 'now',
    },
    'dead-letter': {
      type: 'string',
      value: 'target',
      help: '"carillon/undelivered" for an event, or another destination',
      defaultHelp: 'pause',
    },
    settings: {
      type: 'string',
      value: 'file',
      help: 'JSON with these and all others, as the API has them: format, batch_max_events, batch_max_wait, concurrency, max_attempts, max_age, handshake; the other options override it',
      completes: 'file',
    },
  },
  examples: [
    "carillon destination write --pattern 'kv-v2/*' --policy app-events --url https://ci.example.com/hook --generate-secret ci",
    "carillon destination write --pattern '*' --policy cache --worker CACHE cache",
    'carillon destination write --settings jobs.json jobs',
  ],
  async callOf(values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    const settings = await objectFrom(values.settings);
    if (!settings.ok) return settings;
    const target = targetOf(values);
    if (!target.ok) return target;
    const headers = headersOf(values.header, settings.value.headers);
    if (!headers.ok) return headers;
    const since = sinceOf(values.since);
    if (!since.ok) return since;
    const secrets = await secretsOf(values['secret-file'], values['generate-secret'] === true);
    if (!secrets.ok) return secrets;
    const { pattern, policy, namespaces, filter, 'dead-letter': deadLetter } = values;
    return ok({
      method: 'PUT',
      path: path.value,
      body: {
        ...settings.value,
        ...target.value,
        ...(pattern !== undefined && { pattern }),
        ...(policy && { policies: policy }),
        ...(namespaces && { namespaces }),
        ...(filter !== undefined && { filter }),
        ...(since.value !== undefined && { since: since.value }),
        ...(deadLetter !== undefined && { dead_letter: deadLetter }),
        ...(headers.value && { headers: headers.value }),
        ...(secrets.value && { secrets: secrets.value }),
      },
      done: () => `wrote the destination ${JSON.stringify(name)}`,
    });
  },
});

interface TargetOptions {
  readonly url?: string | undefined;
  readonly worker?: string | undefined;
  readonly queue?: string | undefined;
}

/** Of the three, one says where to; none if the file does. */
function targetOf({ url, worker, queue }: TargetOptions): CommandResult<Record<string, string>> {
  const targets = [
    ...(url === undefined ? [] : [{ type: 'webhook', url }]),
    ...(worker === undefined ? [] : [{ type: 'worker', binding: worker }]),
    ...(queue === undefined ? [] : [{ type: 'queue', binding: queue }]),
  ];
  return targets.length > 1
    ? wrongUse('a destination has one target: give one of --url, --worker and --queue')
    : ok(targets[0] ?? {});
}

/** @returns undefined if none are given: those of the file remain */
function headersOf(
  given: readonly string[] | undefined,
  ofFile: unknown,
): CommandResult<Record<string, unknown> | undefined> {
  if (given === undefined) return ok(undefined);
  const others = ofFile ?? {};
  if (!isJsonObject(others)) return failed(`headers must be a JSON object, not ${kindOf(others)}`);
  const headers: Record<string, unknown> = { ...others };
  for (const header of given) {
    const colon = header.indexOf(':');
    if (colon < 1) return wrongUse('--header must be "<name>: <value>"');
    headers[header.slice(0, colon)] = header.slice(colon + 1).trim();
  }
  return ok(headers);
}

/** @returns undefined if none are given: the stored ones remain */
async function secretsOf(
  files: readonly string[] | undefined,
  isMade: boolean,
): Promise<CommandResult<readonly string[] | undefined>> {
  const secrets: string[] = [];
  if (isMade) {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    announce(`signing secret: ${secret}`);
    secrets.push(secret);
  }
  for (const file of files ?? []) {
    const secret = await readSecret(file);
    if (!secret.ok) return secret;
    secrets.push(secret.value);
  }
  return ok(secrets.length === 0 ? undefined : secrets);
}
