/** The options of `carillon dev`. */
import type { Options, ValuesOf } from '../command/options.ts';
import { MIN_REACHABLE_ROOT_TOKEN_CHARACTERS } from '../limits.ts';
import { LOG_FORMATS } from './log/view.ts';
import { RESTORED } from './restored.ts';

export const DEV_OPTIONS = {
  port: {
    type: 'string',
    value: 'port',
    help: 'port to listen on; 0 for any that is free',
    default: '8200',
  },
  host: {
    type: 'string',
    value: 'host',
    help: `address to listen on; one that other machines can reach needs a root token of at least ${MIN_REACHABLE_ROOT_TOKEN_CHARACTERS} characters`,
    default: '127.0.0.1',
  },
  'root-token-file': {
    type: 'string',
    value: 'file',
    help: 'file with the root token, or "-" for standard input',
    defaultHelp: 'ROOT_TOKEN of the environment or of .dev.vars, or else a new one at each start',
    completes: 'file',
  },
  'root-token': {
    type: 'string',
    value: 'token',
    help: 'the root token itself; every user of this machine can read it in the list of processes',
  },
  data: {
    type: 'string',
    value: 'folder',
    help: 'keep the state in this folder; one server at a time can use it',
    defaultHelp: 'a temporary one, removed at the end',
    completes: 'folder',
  },
  restored: {
    type: 'string',
    value: 'what',
    help: 'say once that files in --data come from a backup: "hubs" gives subscribers a gap, "all" also ends all tokens',
    choices: RESTORED,
  },
  'allow-loopback-http': {
    type: 'boolean',
    help: "issuers' keys may be fetched by http from this machine, and destinations may send webhooks to it",
  },
  upstream: {
    type: 'string',
    value: 'address',
    help: 'stand in front of this OpenBao or Vault: UPSTREAM_ADDR. What is written through it makes events, unless --var UPSTREAM_EVENTS=off. One on this machine implies --allow-loopback-http',
  },
  with: {
    type: 'string',
    value: 'NAME=file',
    help: 'run this Worker beside the server, a bundled module, and let destinations deliver to it by a service binding of this name: DESTINATION_BINDINGS. It is read at the start only',
    multiple: true,
    completes: 'file',
  },
  var: {
    type: 'string',
    value: 'NAME=VALUE',
    help: 'give a variable of wrangler.toml this value: CLUSTER_NAME, ALLOWED_ORIGINS, PUBLISH_NEEDS_PATH, JOURNAL_MAX_EVENTS, …',
    multiple: true,
  },
  'allowed-origins': {
    type: 'string',
    value: 'origins',
    help: 'pages of these origins may call the server: ALLOWED_ORIGINS, such as http://localhost:5173,http://localhost:3000, or "*" for all',
  },
  'shard-at': {
    type: 'string',
    value: 'number',
    help: 'try shards: a hub with so many subscribers gets some. SHARD_AT_SOCKETS',
    defaultHelp: '0, no shards: one machine gains nothing',
  },
  'region-at': {
    type: 'string',
    value: 'number',
    help: 'with so many subscribers in another region, that region gets shards: REGION_AT_SOCKETS',
    defaultHelp: '100',
  },
  'shard-sockets': {
    type: 'string',
    value: 'number',
    help: 'subscribers of a shard: SHARD_SOCKETS',
    defaultHelp: '4000',
  },
  'region-header': {
    type: 'string',
    value: 'name',
    help: 'clients say in this header in which region they are, such as "X-Carillon-Region: weur". A deployment trusts no such header',
  },
  log: {
    type: 'string',
    value: 'format',
    help: 'a line for each request, event, webhook and subscription, for people or for machines; "off" shows only what goes wrong',
    choices: LOG_FORMATS,
    defaultHelp: 'text',
  },
  quiet: {
    type: 'boolean',
    help: 'short for --log off',
  },
} as const satisfies Options;

export type DevValues = ValuesOf<typeof DEV_OPTIONS>;
