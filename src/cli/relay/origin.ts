/** The server that events come from, and the subscription there. */
import { dotSegment } from '../../lib/dot-segment.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import type { Values } from '../arguments.ts';
import { type Problem, unreadable, wrongUse } from '../command.ts';
import { readSecret } from '../input.ts';
import { apiUrl, type Server, withToken } from '../server.ts';
import type { OriginSubscription } from './state-file.ts';

export interface Origin {
  readonly address: URL;
  readonly subscription: OriginSubscription;
  /** The URL of the WebSocket that begins there. */
  url(since: string | undefined): URL;
  /** Made anew for each attempt, as the file of the token is read anew. */
  headers(): Promise<Result<Server['headers']>>;
}

export const ORIGIN_OPTIONS = {
  from: { type: 'string' },
  pattern: { type: 'string', default: '*' },
  filter: { type: 'string' },
  'from-namespace': { type: 'string' },
  'from-namespaces': { type: 'string', multiple: true },
  'from-token-file': { type: 'string' },
} as const;

/** What the options say of it, and what is wrong with them. */
export async function originOf(values: Values): Promise<Origin | Problem> {
  const { from, filter } = values as { from?: string; filter?: string };
  const pattern = String(values.pattern).trim();
  const namespace = trimSlashes(String(values['from-namespace'] ?? '').trim());
  const namespaces = ((values['from-namespaces'] ?? []) as string[])
    .map((each) => trimSlashes(each.trim()))
    .filter((each) => each !== '');
  const tokenFile = values['from-token-file'] as string | undefined;
  if (from === undefined) return wrongUse('--from is missing: the address that events come from');
  if (!URL.canParse(from) || !/^https?:$/.test(new URL(from).protocol)) {
    return wrongUse(
      `--from is ${JSON.stringify(from)}; give a URL such as https://vault.example.com:8200`,
    );
  }
  // They would stand in the state file.
  if (new URL(from).username !== '' || new URL(from).password !== '') {
    return wrongUse('--from has a user name or a password; the token is what identifies you');
  }
  if (tokenFile === '-') {
    return wrongUse('--from-token-file is read at every attempt; give the path of a file');
  }
  if (pattern === '') return wrongUse('--pattern is empty; "*" stands for every event type');
  for (const [name, path] of [
    ['pattern', pattern],
    ['from-namespace', namespace],
  ] as const) {
    // A URL would fold it and lead elsewhere.
    if (dotSegment(path) !== undefined) {
      return wrongUse(`--${name} ${JSON.stringify(path)} has a "." or ".." segment`);
    }
  }
  if (!/^[\x21-\x7e]*$/.test(namespace)) {
    return wrongUse('--from-namespace has a character that no header can carry');
  }
  const server: Server = {
    address: new URL(from),
    headers: {
      'X-Vault-Request': 'true',
      ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
    },
  };
  const headers = () => headersOf(server, tokenFile);
  const first = await headers();
  if (!first.ok) {
    return tokenFile === undefined ? wrongUse(first.failure.message) : unreadable(first.failure);
  }
  return {
    address: server.address,
    subscription: { from: server.address.href, namespace, pattern, namespaces },
    url: (since) => {
      const url = apiUrl(server, `sys/events/subscribe/${pattern}`);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      // In the order of Vault's own client.
      if (filter !== undefined) url.searchParams.append('filter', filter);
      url.searchParams.append('json', 'true');
      for (const each of namespaces) url.searchParams.append('namespaces', each);
      if (since !== undefined) url.searchParams.append('since', since);
      return url;
    },
    headers,
  };
}

async function headersOf(
  server: Server,
  tokenFile: string | undefined,
): Promise<Result<Server['headers']>> {
  const token =
    tokenFile === undefined
      ? ok(process.env.CARILLON_FROM_TOKEN?.trim() ?? '')
      : await readSecret(tokenFile);
  if (!token.ok) return token;
  const name = tokenFile === undefined ? 'CARILLON_FROM_TOKEN' : tokenFile;
  if (token.value === '') {
    return invalid(
      tokenFile === undefined
        ? 'there is no token for --from; set CARILLON_FROM_TOKEN, or give --from-token-file'
        : `${tokenFile} has no token`,
    );
  }
  const withIt = withToken(server, token.value, name);
  return typeof withIt === 'string' ? invalid(withIt) : ok(withIt.headers);
}
