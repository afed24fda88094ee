/** `carillon dev`: the local server. */

import { parseConfig } from '../../config/config.ts';
import { checkUpstream } from '../../outbound/upstream/address.ts';
import { type Command, type ExitCode, endWith, fail, misuse, status } from '../command.ts';
import { reasonOfFileError } from '../files.ts';
import { MIN_REACHABLE_ROOT_TOKEN_CHARACTERS } from '../limits.ts';
import { signalled } from '../stopping.ts';
import { addressOf, isLoopback, leadsTo } from './address.ts';
import { banner } from './banner.ts';
import { buildBundle, readConfig } from './bundle.ts';
import { openDataFolder } from './data.ts';
import { lineForNpm } from './npm.ts';
import { type RootToken, rootTokenOf } from './root-token.ts';
import { type Variables, variablesOf } from './variables.ts';
import { startWorkerd } from './workerd.ts';

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
  async run(values, positionals): Promise<ExitCode> {
    const line = lineForNpm(Object.keys(dev.options), positionals, process.env);
    if (line !== undefined) return misuse(`npm kept options of this command; write ${line}`, 'dev');
    if (positionals.length > 0) return misuse(`"dev" takes no arguments, only options`, 'dev');
    const { host, data } = values as { host: string; data?: string };
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(String(values.port)) || port > 65_535) {
      return misuse(
        `--port is ${JSON.stringify(values.port)}; it must be a number from 0 to 65535`,
        'dev',
      );
    }
    const given = values.upstream as string | undefined;
    const variables = variablesOf(readConfig(), (values.var ?? []) as string[], given);
    if (!variables.ok) return misuse(variables.failure.message, 'dev');
    const upstream = given ?? (variables.value.UPSTREAM_ADDR || undefined);
    const allowLoopbackHttp = values['allow-loopback-http'] === true || isLoopbackHttp(upstream);
    const checked = upstream === undefined ? undefined : checkUpstream(upstream, allowLoopbackHttp);
    if (checked?.ok === false) {
      return misuse(
        // It may have a password in it: so it is not quoted.
        `${given === undefined ? 'UPSTREAM_ADDR' : '--upstream'} ${checked.failure.message}; give the address of an OpenBao or Vault, such as http://127.0.0.1:8200`,
        'dev',
      );
    }
    const config = parseConfig({
      ...variables.value,
      ALLOW_LOOPBACK_HTTP: String(allowLoopbackHttp),
    });
    if (!config.ok) return misuse(config.failure.message, 'dev');
    const rootToken = await rootTokenOf(values, host);
    if ('problem' in rootToken) return endWith(rootToken, 'dev');

    // workerd inherits it: nobody else may read what it writes.
    process.umask(0o077);
    try {
      return await serve({
        host,
        port,
        data,
        rootToken,
        allowLoopbackHttp,
        variables: variables.value,
      });
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const place = path === undefined ? '' : `${path}: `;
      return fail(`the server cannot be started: ${place}${reasonOfFileError(error)}`);
    }
  },
};

interface Serve {
  readonly host: string;
  readonly port: number;
  readonly data: string | undefined;
  readonly rootToken: RootToken;
  readonly allowLoopbackHttp: boolean;
  readonly variables: Variables;
}

/** Runs the server until it is asked to end, or dies. */
async function serve({ host, port, rootToken, data, ...settings }: Serve): Promise<ExitCode> {
  // First: a server that was killed a moment ago has the port until it lets go of the folder.
  const folder = await openDataFolder(data);
  if (typeof folder === 'string') return fail(folder);
  const stop = signalled('SIGINT', 'SIGTERM', 'SIGHUP');
  try {
    const bound = await addressOf(host, port);
    if (typeof bound === 'string') return fail(bound);
    const { address } = bound;
    const upstream = settings.variables.UPSTREAM_ADDR || undefined;
    if (upstream !== undefined && (await leadsTo(new URL(upstream), address, port))) {
      return fail(
        `the upstream ${new URL(upstream).origin} is this server itself, on ${address} port ${port}; give the address of the OpenBao or Vault, or another --port`,
      );
    }
    const bundle = await buildBundle({ signal: stop });
    if (stop.aborted) return 0;
    if (typeof bundle === 'string') return fail(bundle);
    const server = await startWorkerd({
      ...settings,
      host: address,
      port,
      bundle,
      folder,
      rootToken: rootToken.token,
      signal: stop,
    });
    if (typeof server === 'string') return stop.aborted ? 0 : fail(server);

    status(banner({ address, port: server.port, rootToken, data, upstream }));
    const death = await Promise.race([server.died, aborted(stop)]);
    if (death !== undefined) return fail(death);
    await server.stop();
    return 0;
  } finally {
    folder.close();
  }
}

/** Of what cannot be read the check of the address says what is wrong. */
function isLoopbackHttp(upstream: string | undefined): boolean {
  if (upstream === undefined || !URL.canParse(upstream)) return false;
  const { protocol, hostname } = new URL(upstream);
  return protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}
