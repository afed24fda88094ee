/** The server that the commands call: that of the environment, as for Vault's own commands. */

import type { Server } from '../../client/options.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import type { Options, Values } from '../command/options.ts';
import { storedToken } from './token-file.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:8200';

export const NO_TOKEN = 'there is no token; log in with "carillon login", or set VAULT_TOKEN';

export const SERVER_OPTIONS = {
  namespace: {
    type: 'string',
    value: 'path',
    help: 'Vault namespace of the request',
    defaultHelp: 'VAULT_NAMESPACE',
  },
} as const satisfies Options;

/**
 * The server, with the token of the environment or else of the last login.
 *
 * @param values the options of the command, `SERVER_OPTIONS` among them
 */
export function serverOf(values: Values): CommandResult<Server> {
  const server = anonymousServerOf(values);
  if (!server.ok) return server;
  const given = process.env.VAULT_TOKEN?.trim();
  if (given) return withToken(server.value, given, 'VAULT_TOKEN');
  const stored = storedToken();
  if (!stored.ok) return stored;
  if (stored.value === undefined) {
    return failed(NO_TOKEN);
  }
  return withToken(server.value, stored.value, 'the stored token');
}

/** The server without a token. */
export function anonymousServerOf({
  namespace: given,
  address: own,
}: Values): CommandResult<Server> {
  const { VAULT_ADDR, VAULT_NAMESPACE } = process.env;
  const address = typeof own === 'string' ? own : VAULT_ADDR || DEFAULT_ADDRESS;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    return failed(
      `${own === undefined ? 'VAULT_ADDR' : '--address'} is ${quote(address)}; set it to a URL such as ${DEFAULT_ADDRESS}`,
    );
  }
  const url = new URL(address);
  for (const [part, text] of [
    ['user name', url.username],
    ['password', url.password],
    ['query', url.search],
    ['fragment', url.hash],
  ] as const) {
    if (text === '') continue;
    const name = own === undefined ? 'VAULT_ADDR' : '--address';
    return failed(`${name} has a ${part}, which no request would have; leave it out`);
  }
  const namespace = (typeof given === 'string' ? given : VAULT_NAMESPACE)?.trim() ?? '';
  if (!isHeader(namespace)) {
    const name = given === undefined ? 'VAULT_NAMESPACE' : '--namespace';
    return failed(`${name} ${whyNoHeader(namespace)}`);
  }
  return ok({ url, token: '', namespace });
}

/** @param name of the token in the message that says what is wrong with it */
export function withToken(server: Server, token: string, name: string): CommandResult<Server> {
  return isHeader(token) ? ok({ ...server, token }) : failed(`${name} ${whyNoHeader(token)}`);
}

/** Names only the one character: the text may be a secret. An "…" is what a document has in place of one. */
function whyNoHeader(text: string): string {
  const index = text.search(/[^\x21-\x7e]/);
  const code = text.codePointAt(index) ?? 0;
  const shown = /[\p{C}\p{Z}]/u.test(String.fromCodePoint(code))
    ? ''
    : ` ("${String.fromCodePoint(code)}")`;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `has a character that no header can carry: ${name}${shown}, at position ${index + 1}; copy it again`;
}

export type Headers = Readonly<Record<string, string>>;

/** The headers of a request. Unlike the client of a browser, the CLI sends the namespace in one. */
export function headersOf({ token, namespace }: Server): Headers {
  return {
    'X-Vault-Request': 'true',
    ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
    ...(token !== '' && { 'X-Vault-Token': token }),
  };
}

function isHeader(value: string): boolean {
  return /^[\x21-\x7e]*$/.test(value);
}
