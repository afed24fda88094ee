/** `carillon dev`: the local server. */
import { parseConfig } from '../../config/config.ts';
import { ok } from '../../lib/result.ts';
import { checkUpstream } from '../../outbound/upstream/address.ts';
import type { Values } from '../command/arguments.ts';
import { type Command, type CommandResult, failed, wrongUse } from '../command/command.ts';
import { reasonOfFileError } from '../input/files.ts';
import { MIN_REACHABLE_ROOT_TOKEN_CHARACTERS } from '../limits.ts';
import { isLoopback } from './address.ts';
import { readConfig } from './bundle.ts';
import { lineForNpm } from './npm.ts';
import { rootTokenOf } from './root-token.ts';
import { type Settings, serve } from './serve.ts';
import { variablesOf } from './variables.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = '8200';

export const dev: Command = {
  name: 'dev',
  summary: 'Run the server on this machine, for development',
  help: `Run the server on this machine, for development: the bundle that "npm run deploy" deploys, in
workerd, the runtime of Cloudflare Workers. Needs no account and no network.

Usage: carillon dev [options]

Options:
  --port <port>         port to listen on (default ${DEFAULT_PORT}; 0 for any that is free)
  --host <host>         address to listen on (default ${DEFAULT_HOST}); one that other machines can
                        reach needs a root token of at least ${MIN_REACHABLE_ROOT_TOKEN_CHARACTERS} characters
  --root-token-file <file>
                        file with the root token, or "-" for standard input (default: ROOT_TOKEN of
                        the environment, or else a new one at each start)
  --root-token <token>  the root token itself; every user of this machine can read it in the list of
                        processes
  --data <folder>       keep the state in this folder (default: a temporary one, removed at the end);
                        one server at a time can use it
  --allow-loopback-http
                        issuers' keys may be fetched by http from this machine
  --upstream <address>  stand in front of this OpenBao or Vault: UPSTREAM_ADDR; one on this machine
                        implies --allow-loopback-http
  --var <NAME=VALUE>    give a variable of wrangler.toml this value: CLUSTER_NAME, ALLOWED_ORIGINS,
                        PUBLISH_NEEDS_PATH, JOURNAL_MAX_EVENTS, …; may be repeated
  -h, --help            show this

The variables in wrangler.toml count here too. Ctrl-C ends it.

With npm, options stand after --: npm start -- --port 8300

Example:
  carillon dev --port 8300 --data ./carillon-data
`,
  options: {
    port: { type: 'string', default: DEFAULT_PORT },
    host: { type: 'string', default: DEFAULT_HOST },
    'root-token': { type: 'string' },
    'root-token-file': { type: 'string' },
    data: { type: 'string' },
    'allow-loopback-http': { type: 'boolean' },
    upstream: { type: 'string' },
    var: { type: 'string', multiple: true },
  },
  async run(values, positionals) {
    const settings = await settingsOf(values, positionals);
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
};

async function settingsOf(
  values: Values,
  positionals: readonly string[],
): Promise<CommandResult<Settings>> {
  const line = lineForNpm(Object.keys(dev.options), positionals, process.env);
  if (line !== undefined) return wrongUse(`npm kept options of this command; write ${line}`);
  if (positionals.length > 0) return wrongUse(`"dev" takes no arguments, only options`);
  const { host, data } = values as { host: string; data?: string };
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(String(values.port)) || port > 65_535) {
    return wrongUse(
      `--port is ${JSON.stringify(values.port)}; it must be a number from 0 to 65535`,
    );
  }
  const given = values.upstream as string | undefined;
  const variables = variablesOf(readConfig(), (values.var ?? []) as string[], given);
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
