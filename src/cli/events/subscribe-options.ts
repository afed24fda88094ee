/** The options of `carillon events subscribe`. */
import { FORMAT_OPTIONS } from '../command/format.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { SERVER_OPTIONS } from '../server/server.ts';

export const SUBSCRIBE_OPTIONS = {
  filter: {
    type: 'string',
    value: 'expression',
    help: "only events for which it is true, in the language of Vault's filters",
  },
  namespaces: {
    type: 'string',
    value: 'pattern',
    help: 'also events of the namespaces below that match',
    multiple: true,
  },
  protobuf: {
    type: 'boolean',
    help: 'take binary frames and print them decoded, in the form that "events publish" reads',
  },
  since: {
    type: 'string',
    value: 'position',
    help: 'begin in the past: at a time (2h, "15m ago", yesterday, "2026-11-22 14:30", 2026-11-22T14:30:00Z), after the event with this id, at a cursor, or with the "earliest" event',
  },
  follow: {
    type: 'boolean',
    help: 'reconnect when the connection breaks or the server restarts, and resume: no event is missing or delivered twice',
  },
  timeout: { type: 'string', value: 'duration', help: 'end after this time: 90s, 1h30m' },
  ...SERVER_OPTIONS,
  format: {
    type: 'string',
    value: 'format',
    env: FORMAT_OPTIONS.format.env,
    envAliases: FORMAT_OPTIONS.format.envAliases,
    choices: FORMAT_OPTIONS.format.choices,
    help: 'how to print: table (readable lines), json and ndjson (the frame as received) or yaml (documents)',
    defaultHelp: 'VAULT_FORMAT, or else table at a terminal and json elsewhere',
  },
} as const satisfies Options;

export type SubscribeValues = ValuesOf<typeof SUBSCRIBE_OPTIONS>;
