/** The server that events come from, and the subscription there. */

import type { Server } from '../../client/options.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { type CommandResult, failed, wrongUse } from '../command/command.ts';
import type { Options, ValuesOf } from '../command/options.ts';
import { readSecret } from '../input/input.ts';
import { checkPath } from '../server/api.ts';
import { type Headers, headersOf, withToken } from '../server/server.ts';
import { stockUrl } from '../server/stock-url.ts';

/** What identifies the subscription. A type, because the state file takes it as a record. */
type OriginSubscription = {
  readonly from: string;
  readonly namespace: string;
  readonly pattern: string;
  readonly namespaces: readonly string[];
};

export interface Origin {
  readonly address: URL;
  readonly subscription: OriginSubscription;
  /** The URL of a WebSocket that begins at this position. */
  url(since: string | undefined): URL;
  /** The headers of a handshake. The file of the token is read for each one. */
  headers(): Promise<CommandResult<Headers>>;
}

export const ORIGIN_OPTIONS = {
  from: {
    type: 'string',
    value: 'address',
    help: 'address of the other server: https://vault.example.com:8200',
  },
  'from-token-file': {
    type: 'string',
    value: 'file',
    help: 'token for the other server; each attempt reads the file',
    defaultHelp: 'CARILLON_FROM_TOKEN',
    completes: 'file',
  },
  'from-namespace': {
    type: 'string',
    value: 'path',
    help: 'Vault namespace to subscribe in',
    defaultHelp: 'the root namespace',
  },
  'from-namespaces': {
    type: 'string',
    value: 'glob',
    help: 'also events of the namespaces below that match',
    multiple: true,
  },
  pattern: {
    type: 'string',
    value: 'pattern',
    help: 'event types; "*" stands for any text',
    default: '*',
    completes: 'event-type',
  },
  filter: {
    type: 'string',
    value: 'expression',
    help: "only events for which it is true, in the language of Vault's filters",
  },
} as const satisfies Options;

export async function originOf(
  values: ValuesOf<typeof ORIGIN_OPTIONS>,
): Promise<CommandResult<Origin>> {
  const { from, filter } = values;
  const pattern = values.pattern.trim();
  const namespace = trimSlashes((values['from-namespace'] ?? '').trim());
  const namespaces = (values['from-namespaces'] ?? [])
    .map((each) => trimSlashes(each.trim()))
    .filter((each) => each !== '');
  const tokenFile = values['from-token-file'];
  if (from === undefined) return wrongUse('--from is missing: the address that events come from');
  if (!URL.canParse(from) || !/^https?:$/.test(new URL(from).protocol)) {
    return wrongUse(`--from is ${quote(from)}; give a URL such as https://vault.example.com:8200`);
  }
  // The state file would contain them.
  if (new URL(from).username !== '' || new URL(from).password !== '') {
    return wrongUse('--from has a user name or a password; the token is what identifies you');
  }
  if (tokenFile === '-') {
    return wrongUse('--from-token-file is read at every attempt; give the path of a file');
  }
  if (pattern === '') return wrongUse('--pattern is empty; "*" stands for every event type');
  for (const path of [checkPath('--pattern', pattern), checkPath('--from-namespace', namespace)]) {
    if (!path.ok) return path;
  }
  if (!/^[\x21-\x7e]*$/.test(namespace)) {
    return wrongUse('--from-namespace has a character that no header can carry');
  }
  const server: Server = { url: new URL(from), token: '', namespace };
  const headers = () => headersWithToken(server, tokenFile);
  const first = await headers();
  if (!first.ok) {
    return tokenFile === undefined ? wrongUse(first.failure.message) : first;
  }
  return ok({
    address: server.url,
    subscription: { from: server.url.href, namespace, pattern, namespaces },
    url: (since) => stockUrl(server, pattern, { filter, json: true, namespaces, since }),
    headers,
  });
}

async function headersWithToken(
  server: Server,
  tokenFile: string | undefined,
): Promise<CommandResult<Headers>> {
  const token =
    tokenFile === undefined
      ? ok(process.env.CARILLON_FROM_TOKEN?.trim() ?? '')
      : await readSecret(tokenFile);
  if (!token.ok) return token;
  const name = tokenFile === undefined ? 'CARILLON_FROM_TOKEN' : tokenFile;
  if (token.value === '') {
    return failed(
      tokenFile === undefined
        ? 'there is no token for --from; set CARILLON_FROM_TOKEN, or give --from-token-file'
        : `${tokenFile} has no token`,
    );
  }
  const complete = withToken(server, token.value, name);
  return complete.ok ? ok(headersOf(complete.value)) : complete;
}
