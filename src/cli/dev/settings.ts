/** What the local server is told: by options, by `.dev.vars`, and by `wrangler.toml`. */

import { parseConfig } from '../../config/config.ts';
import { parseSealingKeys } from '../../config/sealing.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { checkUpstream } from '../../outbound/upstream/address.ts';
import { type CommandResult, status, wrongUse } from '../command/command.ts';
import { isLoopbackUrl } from './address.ts';
import { readConfig } from './bundle.ts';
import { readDevVars } from './dev-vars.ts';
import type { LogFormat } from './log/view.ts';
import type { DevValues } from './options.ts';
import { rootTokenOf } from './root-token.ts';
import type { Settings } from './serve.ts';
import { configuredVariables, type Variables, variablesOf } from './variables.ts';
import { bindingsOf, readWorkersBeside } from './with.ts';

const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;

/** Everything is checked before the server starts. */
export async function settingsOf(values: DevValues): Promise<CommandResult<Settings>> {
  const { host, data } = values;
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    return wrongUse(`--port is ${quote(values.port)}; it must be a number from 0 to 65535`);
  }
  if (values.restored !== undefined && data === undefined) {
    return wrongUse('--restored needs --data, the folder with the restored files');
  }
  const given = values.upstream;
  const workers = readWorkersBeside(values.with ?? []);
  if (!workers.ok) return workers;
  const log = logFormatOf(values);
  if (!log.ok) return log;
  const known = configuredVariables(readConfig());
  const file = await readDevVars(Object.keys(known), process.env.CLOUDFLARE_ENV);
  if (!file.ok) return file;
  const variables = variablesOf(known, {
    defaults: {
      REQUEST_LOG: 'on',
      // Shards gain nothing on one machine.
      SHARD_AT_SOCKETS: '0',
      ...(workers.value.size > 0 && { DESTINATION_BINDINGS: bindingsOf(workers.value) }),
      ...(given !== undefined && known.UPSTREAM_EVENTS === 'off' && { UPSTREAM_EVENTS: 'on' }),
    },
    file: file.value.variables,
    implied: log.value === undefined ? {} : { REQUEST_LOG: log.value === 'off' ? 'off' : 'on' },
    pairs: values.var ?? [],
    options: {
      upstream: ['UPSTREAM_ADDR', given],
      'shard-at': ['SHARD_AT_SOCKETS', values['shard-at']],
      'region-at': ['REGION_AT_SOCKETS', values['region-at']],
      'shard-sockets': ['SHARD_SOCKETS', values['shard-sockets']],
      'allowed-origins': ['ALLOWED_ORIGINS', values['allowed-origins']],
    },
  });
  if (!variables.ok) return wrongUse(variables.failure.message);
  const regionHeader = values['region-header'];
  if (regionHeader !== undefined && !HEADER_NAME.test(regionHeader)) {
    return wrongUse(
      `--region-header is ${quote(regionHeader)}; it must be the name of a header, such as X-Carillon-Region`,
    );
  }
  if (regionHeader !== undefined && variables.value.SHARD_AT_SOCKETS === '0') {
    return wrongUse(
      '--region-header does nothing without shards; add --shard-at, such as --shard-at 4',
    );
  }
  const upstream = given ?? (variables.value.UPSTREAM_ADDR || undefined);
  const allowLoopbackHttp = values['allow-loopback-http'] === true || isLoopbackHttp(upstream);
  const checked = upstream === undefined ? undefined : checkUpstream(upstream, allowLoopbackHttp);
  if (checked?.ok === false) {
    // The message does not quote the address, which may contain a password.
    return wrongUse(
      `${given === undefined ? 'UPSTREAM_ADDR' : '--upstream'} ${checked.failure.message}; give the address of an OpenBao or Vault, such as https://openbao.example.com:8200, or http://127.0.0.1:8200 for one on this machine`,
    );
  }
  const { sourceKey } = file.value;
  if (!parseSealingKeys({ SOURCE_KEY: sourceKey ?? null }).ok) {
    return wrongUse(
      `${file.value.file}: SOURCE_KEY must be 32 bytes in Base64, or several such keys with commas between them; "openssl rand -base64 32" makes one`,
    );
  }
  const config = parseConfig({
    ...variables.value,
    ALLOW_LOOPBACK_HTTP: String(allowLoopbackHttp),
    SOURCE_KEY: sourceKey ?? null,
  });
  if (!config.ok) {
    const { message } = config.failure;
    const isOfFile = Object.entries(file.value.variables).some(
      ([name, value]) =>
        variables.value[name] === value && message.startsWith(`the variable ${name} `),
    );
    return wrongUse(isOfFile ? `${file.value.file}: ${message}` : message);
  }
  const rootToken = await rootTokenOf(values, host, file.value);
  if (!rootToken.ok) return rootToken;
  return ok({
    host,
    port,
    data,
    restored: values.restored,
    rootToken: rootToken.value,
    allowLoopbackHttp,
    regionHeader,
    variables: withoutJurisdiction(variables.value),
    workers: workers.value,
    sourceKey,
    log: log.value ?? 'text',
  });
}

/** Objects of this machine have no jurisdiction, and workerd fails if it is asked for one. */
function withoutJurisdiction(variables: Variables): Variables {
  const { JURISDICTION: jurisdiction = '' } = variables;
  if (jurisdiction === '') return variables;
  status(
    `warning: JURISDICTION is ${quote(jurisdiction)}, which this server ignores: it stores everything on this machine`,
  );
  return { ...variables, JURISDICTION: '' };
}

/** @returns undefined if no option says it */
function logFormatOf({ log, quiet }: DevValues): CommandResult<LogFormat | undefined> {
  if (quiet !== true) return ok(log);
  return log === undefined || log === 'off'
    ? ok('off')
    : wrongUse('--quiet and --log exclude each other');
}

/** `checkUpstream` says what is wrong with an address that is no URL. */
function isLoopbackHttp(upstream: string | undefined): boolean {
  if (upstream === undefined || !URL.canParse(upstream)) return false;
  const url = new URL(upstream);
  return url.protocol === 'http:' && isLoopbackUrl(url);
}
