/** `carillon dev`: the local server. */
import { parseConfig } from '../../config/config.ts';
import { ok } from '../../lib/result.ts';
import { checkUpstream } from '../../outbound/upstream/address.ts';
import { type CommandResult, command, failed, wrongUse } from '../command/command.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { reasonOfFileError } from '../input/files.ts';
import { MIN_REACHABLE_ROOT_TOKEN_CHARACTERS } from '../limits.ts';
import { isLoopback } from './address.ts';
import { readConfig } from './bundle.ts';
import { lineForNpm } from './npm.ts';
import { rootTokenOf } from './root-token.ts';
import { type Settings, serve } from './serve.ts';
import { variablesOf } from './variables.ts';

const DEV_OPTIONS = {
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
    defaultHelp: 'ROOT_TOKEN of the environment, or else a new one at each start',
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
  'allow-loopback-http': {
    type: 'boolean',
    help: "issuers' keys may be fetched by http from this machine",
  },
  upstream: {
    type: 'string',
    value: 'address',
    help: 'stand in front of this OpenBao or Vault: UPSTREAM_ADDR; one on this machine implies --allow-loopback-http',
  },
  var: {
    type: 'string',
    value: 'NAME=VALUE',
    help: 'give a variable of wrangler.toml this value: CLUSTER_NAME, ALLOWED_ORIGINS, PUBLISH_NEEDS_PATH, JOURNAL_MAX_EVENTS, …',
    multiple: true,
  },
} as const satisfies Options;

type DevValues = ValuesOf<typeof DEV_OPTIONS>;

export const dev = command({
  name: 'dev',
  summary: 'Run the server on this machine, for development',
  description:
    'Run the server on this machine, for development: the bundle that "npm run deploy" deploys, in workerd, the runtime of Cloudflare Workers. Needs no account and no network.',
  options: DEV_OPTIONS,
  notes: `The variables in wrangler.toml count here too. Ctrl-C ends it.

With npm, options stand after --: npm start -- --port 8300`,
  examples: ['carillon dev --port 8300 --data ./carillon-data'],
  tooMany: keptByNpm,
  async run(values) {
    const kept = keptByNpm([]);
    if (kept !== undefined) return wrongUse(kept);
    const settings = await settingsOf(values);
    if (!settings.ok) return settings;
    // workerd inherits the mask, so only this user can read the files that it writes.
    process.umask(0o077);
    try {
      return await serve(settings.value);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const place = path === undefined ? '' : `${path}: `;
      return failed(`the server cannot be started: ${place}${reasonOfFileError(error)}`);
    }
  },
});

/** The line to write instead, if npm kept options of the command. */
function keptByNpm(positionals: readonly string[]): string | undefined {
  const line = lineForNpm(Object.keys(DEV_OPTIONS), positionals, process.env);
  return line === undefined ? undefined : `npm kept options of this command; write ${line}`;
}

async function settingsOf(values: DevValues): Promise<CommandResult<Settings>> {
  const { host, data } = values;
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    return wrongUse(
      `--port is ${JSON.stringify(values.port)}; it must be a number from 0 to 65535`,
    );
  }
  const given = values.upstream;
  const variables = variablesOf(readConfig(), values.var ?? [], given);
  if (!variables.ok) return wrongUse(variables.failure.message);
  const upstream = given ?? (variables.value.UPSTREAM_ADDR || undefined);
  const allowLoopbackHttp = values['allow-loopback-http'] === true || isLoopbackHttp(upstream);
  const checked = upstream === undefined ? undefined : checkUpstream(upstream, allowLoopbackHttp);
  if (checked?.ok === false) {
    // The message does not quote the address, which may contain a password.
    return wrongUse(
      `${given === undefined ? 'UPSTREAM_ADDR' : '--upstream'} ${checked.failure.message}; give the address of an OpenBao or Vault, such as http://127.0.0.1:8200`,
    );
  }
  const config = parseConfig({
    ...variables.value,
    ALLOW_LOOPBACK_HTTP: String(allowLoopbackHttp),
  });
  if (!config.ok) return wrongUse(config.failure.message);
  const rootToken = await rootTokenOf(values, host);
  if (!rootToken.ok) return rootToken;
  return ok({
    host,
    port,
    data,
    rootToken: rootToken.value,
    allowLoopbackHttp,
    variables: variables.value,
  });
}

/** `checkUpstream` says what is wrong with an address that is no URL. */
function isLoopbackHttp(upstream: string | undefined): boolean {
  if (upstream === undefined || !URL.canParse(upstream)) return false;
  const { protocol, hostname } = new URL(upstream);
  return protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
