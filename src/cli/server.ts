/** The server that the commands speak to, as Vault's own commands find it: by the environment. */
import { retryAfterMs } from '../client/backoff.ts';
import { isJsonObject } from '../lib/json.ts';
import { trimSlashes } from '../namespace/namespace.ts';
import type { Values } from './arguments.ts';
import { storedToken } from './token-file.ts';

export interface Server {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A successful answer. */
export interface Answer {
  /** Empty where the server has nothing to say. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The token that was handed out or renewed. */
  readonly auth: Readonly<Record<string, unknown>> | undefined;
  readonly warnings: readonly string[];
  /** The whole of it; undefined where there is no body. */
  readonly body: unknown;
}

/** What a request came to: its answer, or the sentence that says what failed. */
export type Outcome =
  | { readonly ok: true; readonly answer: Answer }
  | {
      readonly ok: false;
      readonly message: string;
      /** 0 where there was no answer. */
      readonly status: number;
      /** What the server says was done nevertheless. */
      readonly data?: Readonly<Record<string, unknown>>;
      /** Whether all is well, but there is nothing of that name. */
      readonly notFound: boolean;
      /** What the server asks to wait before the request is repeated. */
      readonly retryAfterMs: number;
    };

const DEFAULT_ADDRESS = 'http://127.0.0.1:8200';

export const SERVER_OPTIONS = { namespace: { type: 'string' } } as const;
export const SERVER_HELP =
  '  --namespace <path>       Vault namespace of the request (default: VAULT_NAMESPACE)';

/**
 * The server, and the token to show it: that of the environment, else the one of the last login.
 *
 * @param values the options of the command, `SERVER_OPTIONS` among them
 * @returns the server, or the sentence that says what is wrong with the environment
 */
export function serverOf(values: Values): Server | string {
  const server = anonymousServerOf(values);
  if (typeof server === 'string') return server;
  const given = process.env.VAULT_TOKEN?.trim();
  if (given) return withToken(server, given, 'VAULT_TOKEN');
  const stored = storedToken();
  if (!stored.ok) return stored.failure.message;
  if (stored.value === undefined) {
    return 'there is no token; log in with "carillon login", or set VAULT_TOKEN';
  }
  return withToken(server, stored.value, 'the stored token');
}

/** The server as somebody sees it who has yet to log in. */
export function anonymousServerOf({ namespace: given, address: own }: Values): Server | string {
  const { VAULT_ADDR, VAULT_NAMESPACE } = process.env;
  const address = typeof own === 'string' ? own : VAULT_ADDR || DEFAULT_ADDRESS;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    return `${own === undefined ? 'VAULT_ADDR' : '--address'} is ${JSON.stringify(address)}; set it to a URL such as ${DEFAULT_ADDRESS}`;
  }
  const namespace = typeof given === 'string' ? given.trim() : VAULT_NAMESPACE?.trim();
  const name = given === undefined ? 'VAULT_NAMESPACE' : '--namespace';
  if (!isHeader(namespace ?? '')) return `${name} has a character that no header can carry`;
  return {
    address: new URL(address),
    headers: { 'X-Vault-Request': 'true', ...(namespace && { 'X-Vault-Namespace': namespace }) },
  };
}

/** @param name of the token in the sentence that says what is wrong with it */
export function withToken(server: Server, token: string, name: string): Server | string {
  if (!isHeader(token)) return `${name} has a character that no header can carry`;
  return { ...server, headers: { ...server.headers, 'X-Vault-Token': token } };
}

function isHeader(value: string): boolean {
  return /^[\x21-\x7e]*$/.test(value);
}

/** The URL of an API path below the server's address. */
export function apiUrl({ address }: Server, path: string): URL {
  const url = new URL(address.origin);
  const base = address.pathname.replace(/\/$/, '');
  url.pathname = `${base}/v1/${path.split('/').map(encodeURIComponent).join('/')}`;
  return url;
}

export async function request(
  server: Server,
  path: string,
  { query = '', ...init }: RequestInit & { readonly query?: string } = {},
): Promise<Outcome> {
  const url = apiUrl(server, path);
  url.search = query;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, headers: { ...server.headers, ...init.headers } });
    text = await response.text();
  } catch (error) {
    return {
      ok: false,
      status: 0,
      message: unreachable(url, error),
      notFound: false,
      retryAfterMs: 0,
    };
  }
  const { status } = response;
  const body = parse(text);
  const { data, auth, warnings, errors } = isJsonObject(body) ? body : {};
  if (!response.ok) {
    return {
      ok: false,
      status,
      message: `${refusal(status, text)}${namespaceHint(server, status, text)}`,
      notFound: status === 404 && Array.isArray(errors) && errors.length === 0,
      retryAfterMs: retryAfterMs(response.headers.get('Retry-After')),
      ...(isJsonObject(data) && { data }),
    };
  }
  if (status !== 204 && data === undefined) {
    return {
      ok: false,
      status,
      message: `${url.origin} answered ${status} without data; is it the address of the server?`,
      notFound: false,
      retryAfterMs: 0,
    };
  }
  return {
    ok: true,
    answer: {
      data: isJsonObject(data) ? data : {},
      auth: isJsonObject(auth) ? auth : undefined,
      warnings: Array.isArray(warnings) ? warnings.map(String) : [],
      body,
    },
  };
}

/** The server's refusal, in the words of its body. */
export function refusal(status: number, body: string): string {
  const json = parse(body) as { errors?: unknown } | null | undefined;
  const reason =
    Array.isArray(json?.errors) && json.errors.length > 0 ? json.errors.join('; ') : body;
  return `the server answered ${status}: ${reason.replace(/[\s\p{Cc}]+/gu, ' ').trim() || 'no reason given'}`;
}

/** Vault's answer of a namespace that does not exist speaks of a route alone. */
function namespaceHint({ headers }: Server, status: number, body: string): string {
  const namespace = trimSlashes(headers['X-Vault-Namespace'] ?? '');
  return status === 404 &&
    namespace !== '' &&
    body.includes(`no handler for route \\"${namespace}/`)
    ? `; there may be no namespace ${JSON.stringify(namespace)}; "carillon namespace list" in the namespace above shows which there are`
    : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type ErrorWithCode = Partial<NodeJS.ErrnoException>;

/**
 * Says why there was no answer.
 *
 * @param setting that has the address
 */
export function unreachable(url: URL, error: unknown, setting = 'VAULT_ADDR'): string {
  const { message, code, cause } = error as ErrorWithCode & { cause?: ErrorWithCode };
  const reason = cause?.code ?? code ?? cause?.message ?? message;
  const question = isTlsFailure(reason)
    ? 'does its address speak TLS, and is its certificate of an authority that NODE_EXTRA_CA_CERTS names?'
    : `is the server running, and ${setting} its address?`;
  return `cannot reach ${url.origin} (${reason}); ${question}`;
}

/** Whether a connection failed for its encryption, as the next one would. */
export function isTlsFailure(code: string | undefined): boolean {
  return /^(CERT_|CRL_|DEPTH_ZERO_|EPROTO|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/.test(
    code ?? '',
  );
}
