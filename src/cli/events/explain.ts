/** `carillon events explain` */

import { isJsonObject } from '../../lib/json.ts';
import { ok } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { type CommandResult, failed, wrongUse } from '../command/command.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { readInput, readSecret } from '../input/input.ts';
import { readPolicyFile } from '../policies/policy-file.ts';
import { apiCommand } from '../server/api-command.ts';
import { type Explanation, explanationText } from './explanation.ts';

type Members = Readonly<Record<string, unknown>>;

const EXPLAIN_OPTIONS = {
  pattern: {
    type: 'string',
    value: 'pattern',
    help: 'what is subscribed to: kv-v2/data-write, kv*, *',
    completes: 'event-type',
  },
  filter: { type: 'string', value: 'expression', help: 'filter of the subscription' },
  namespaces: {
    type: 'string',
    value: 'pattern',
    help: 'namespaces that the subscription adds',
    multiple: true,
  },
  event: {
    type: 'string',
    value: 'file',
    help: 'the event, from a file or, with "-", from standard input: JSON as "events publish" reads it, or a frame as "events subscribe" prints it',
    completes: 'file',
  },
  id: { type: 'string', value: 'id', help: 'the event of this id, if the server still retains it' },
  token: {
    type: 'string',
    value: 'token',
    help: 'the subscriber\'s token; "-" reads it from standard input',
    defaultHelp: 'your own',
  },
  accessor: {
    type: 'string',
    value: 'accessor',
    help: 'the same by the accessor of the token',
  },
  subscription: {
    type: 'string',
    value: 'id',
    help: 'the open subscription of this id, from "carillon subscriptions list", in place of all of these',
  },
  'policy-file': {
    type: 'string',
    value: 'file',
    help: 'the same by policies, which the server need not have',
    multiple: true,
    completes: 'file',
  },
} as const satisfies Options;

type ExplainValues = ValuesOf<typeof EXPLAIN_OPTIONS>;

export const eventsExplain = apiCommand({
  name: 'events explain',
  summary: 'Say why a subscriber gets an event, or does not',
  usage: [
    'events explain [options] --pattern <pattern> (--event <file> | --id <id>)',
    'events explain --subscription <id> (--event <file> | --id <id>)',
  ],
  options: EXPLAIN_OPTIONS,
  ends: 'Ends with 0 if the event is delivered, 3 if it is not, 1 if that is unknown.',
  examples: [
    "carillon events explain --pattern 'kv*' --id 9f1c3a52-0b7e-4c1d-8a44-6d2f1e0b7c55",
    "carillon events explain --pattern 'kv*' --policy-file subscriber.hcl --event event.json",
  ],
  async callOf(values) {
    const body = await bodyOf(values);
    if (!body.ok) return body;
    const { 'policy-file': policyFiles = [] } = values;
    return ok({
      method: 'POST',
      path: 'sys/events/explain',
      body: body.value,
      expects: {
        what: 'an explanation',
        isMet: ({ data }) => typeof data.delivered === 'boolean' && Array.isArray(data.steps),
      },
      text: ({ data }) => explanationText(data as unknown as Explanation, policyFiles),
      exitCode: ({ data }) => (data.delivered === true ? 0 : 3),
    });
  },
});

async function bodyOf(options: ExplainValues): Promise<CommandResult<Members>> {
  const { pattern, filter, namespaces, id, subscription } = options;
  if (!pattern && subscription === undefined) return wrongUse('--pattern is missing');
  if (subscription !== undefined && (pattern ?? filter ?? namespaces) !== undefined) {
    return wrongUse('a subscription has its own pattern, filter and namespaces');
  }
  if ((id === undefined) === (options.event === undefined)) {
    return wrongUse('give the event with --event, or its --id');
  }
  const subject = await subjectOf(options);
  if (!subject.ok) return subject;
  const event = options.event === undefined ? ok({ id }) : await readEvent(options.event);
  if (!event.ok) return event;
  const described = { pattern, filter, namespaces, subscription };
  return ok({ ...described, ...subject.value, ...event.value });
}

async function subjectOf(options: ExplainValues): Promise<CommandResult<Members>> {
  const { token, accessor, subscription, 'policy-file': files, event } = options;
  if ([token, accessor, subscription, files].filter((each) => each !== undefined).length > 1) {
    return wrongUse('give one of --token, --accessor, --subscription and --policy-file');
  }
  if ([token, event, ...(files ?? [])].filter((source) => source === '-').length > 1) {
    return wrongUse('standard input can be read once');
  }
  if (token === '-') {
    const read = await readSecret('-');
    return read.ok ? ok({ token: read.value }) : read;
  }
  if (files === undefined) return ok({ token, accessor });
  const policies: string[] = [];
  for (const file of files) {
    const policy = await readPolicyFile(file);
    if (!policy.ok) return policy;
    policies.push(policy.value.text);
  }
  return ok({ policies });
}

async function readEvent(source: string): Promise<CommandResult<Members>> {
  const text = await readInput(source);
  if (!text.ok) return text;
  const json = parseJson(text.value);
  if (!json.ok) return failed(`the event is ${json.failure.message}`);
  return isJsonObject(json.value)
    ? ok({ event: json.value })
    : failed('the event is not a JSON object');
}
