/** `carillon events trigger` */

import { CATALOG } from '../../event/catalog.ts';
import { sampleEvent } from '../../event/samples/samples.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, command, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS, type Format, formatted, formattedItem } from '../command/format.ts';
import { grid } from '../command/output.ts';
import { exitSignal } from '../command/stopping.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { MAX_TRIGGER_RATE, MAX_TRIGGERED_EVENTS, MIN_TRIGGER_RATE } from './limits.ts';
import { sampleChoice } from './sample-options.ts';
import { type Schedule, trigger } from './trigger.ts';

export const eventsTrigger = command({
  name: 'events trigger',
  summary: "Publish a realistic event of one of Vault's types",
  description:
    "Publish an event of one of Vault's types as Vault would send it, with all its metadata, to try a subscriber. Several events have different values: versions count up, then the path changes.",
  usage: ['events trigger [options] <type>', 'events trigger --list'],
  arguments: [
    { name: 'type', help: 'event type: kv-v2/data-write', optional: true, completes: 'event-type' },
  ],
  options: {
    list: { type: 'boolean', help: 'list the types, and the path of the sample of each' },
    override: {
      type: 'string',
      value: 'key=value',
      help: 'metadata in place of that of the sample; "path" also sets a "data_path" that is the same',
      multiple: true,
    },
    mount: {
      type: 'string',
      value: 'path',
      help: 'mount that the event comes from',
      defaultHelp: "that of Vault's documentation, such as secret/",
    },
    count: {
      type: 'string',
      value: 'number',
      help: `how many events, at most ${MAX_TRIGGERED_EVENTS}`,
      defaultHelp: '1, or with --rate until Ctrl-C',
    },
    rate: {
      type: 'string',
      value: 'number',
      help: `events a second, from ${MIN_TRIGGER_RATE} to ${MAX_TRIGGER_RATE}`,
      defaultHelp: 'all at once',
    },
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  notes:
    'Prints a line for each event that the server accepted: its id, its type and its path. With --format json, ndjson or yaml, an object for each.',
  ends: 'Ends with 0 when all are published, 1 when the server refuses or cannot be reached, and 130 on Ctrl-C.',
  acts: true,
  examples: [
    'carillon events trigger kv-v2/data-write',
    'carillon events trigger kv-v2/data-write --override path=secret/data/team-a/app --count 3',
    'carillon events trigger database/rotate --rate 0.5',
    'carillon events trigger --list',
  ],
  async run(values, [type]) {
    if (values.list === true) {
      if (type !== undefined) return wrongUse('--list takes no type: it lists them all');
      list(values);
      return ok(0);
    }
    if (type === undefined) return wrongUse('the event type is missing; --list shows the types');
    const choice = sampleChoice(type, values.mount, values.override ?? []);
    if (!choice.ok) return choice;
    const schedule = scheduleOf(values);
    if (!schedule.ok) return schedule;
    const server = serverOf(values);
    if (!server.ok) return server;
    return trigger(
      server.value,
      choice.value,
      schedule.value,
      ({ eventType, metadata = {} }, id) => {
        process.stdout.write(
          values.format === 'table'
            ? `${id}  ${eventType}  ${metadata.path}\n`
            : formattedItem({ id, event_type: eventType, metadata }, values.format),
        );
      },
      exitSignal(undefined),
    );
  },
});

function list(values: { readonly format: Format }): void {
  const rows = [...CATALOG].map(([type, { since }]) => ({
    event_type: type,
    since,
    path: sampleEvent(type, 0)?.metadata.path ?? '',
  }));
  const text = grid(
    ['Event type', 'Since', 'Path of the sample'],
    rows.map(({ event_type, since, path }) => [event_type, since, path]),
  );
  process.stdout.write(values.format === 'table' ? text : formatted(rows, values.format, rows));
}

function scheduleOf({
  count,
  rate,
}: {
  readonly count?: string | undefined;
  readonly rate?: string | undefined;
}): CommandResult<Schedule> {
  const events = count === undefined ? undefined : Number(count);
  if (
    events !== undefined &&
    !(/^\d+$/.test(count ?? '') && events >= 1 && events <= MAX_TRIGGERED_EVENTS)
  ) {
    return wrongUse(
      `--count is ${quote(count)}; give a whole number from 1 to ${MAX_TRIGGERED_EVENTS}`,
    );
  }
  if (rate === undefined) return ok({ count: events ?? 1, rate: undefined });
  const perSecond = Number(rate);
  if (!(/^[\d.]+$/.test(rate) && perSecond >= MIN_TRIGGER_RATE && perSecond <= MAX_TRIGGER_RATE)) {
    return wrongUse(
      `--rate is ${quote(rate)}; give events a second, from ${MIN_TRIGGER_RATE} to ${MAX_TRIGGER_RATE}`,
    );
  }
  return ok({ count: events ?? Number.POSITIVE_INFINITY, rate: perSecond });
}
