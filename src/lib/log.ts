/**
 * The log of the server. Every line passes through here: one JSON object, in which no member has a secret
 * and none is longer than a reader would read.
 */
import { MAX_LOGGED_CHARACTERS } from './limits.ts';
import { maskSecrets, maskUuids } from './masks.ts';

type Level = 'log' | 'warn' | 'error';

/** Secrets of this server that have no form by which they could be recognised. */
const known = new Set<string>();

/** Shorter ones are words of the language, such as `root`; a log without them could not be read. */
const MIN_KNOWN_CHARACTERS = 8;

/** Members that name somebody by a UUID that is no secret. */
const IDENTIFIERS = ['accessor', 'entity', 'by'];

/**
 * Has the root token hidden in every line from now on.
 *
 * @param env of a Worker or an object; each isolate has to be told
 */
export function hideSecretsOf(env: object): void {
  const { ROOT_TOKEN: token } = env as { readonly ROOT_TOKEN?: string | null };
  if (token && token.length >= MIN_KNOWN_CHARACTERS) known.add(token);
}

/** Writes a line. Members that are undefined are left out. */
export function log(level: Level, members: Readonly<Record<string, unknown>>): void {
  // biome-ignore lint/suspicious/noConsole: this is the one place that writes to the log
  console[level](JSON.stringify(members, shown));
}

/** Writes a line about something that failed, with the stack of the error where there is one. */
export function logError(what: string, error?: unknown): void {
  log('error', { error: what, cause: error });
}

/** A text as it may be shown: without secrets. */
export function withoutSecrets(text: string): string {
  return maskSecrets(text, known);
}

function shown(key: string, value: unknown): unknown {
  const text = value instanceof Error ? textOf(value) : value;
  if (typeof text !== 'string') return text;
  const masked = withoutSecrets(text);
  const whole = IDENTIFIERS.includes(key) ? masked : maskUuids(masked);
  // Cut after the masking: half a secret has no form by which it could be recognised.
  return whole.length > MAX_LOGGED_CHARACTERS ? `${whole.slice(0, MAX_LOGGED_CHARACTERS)}…` : whole;
}

function textOf({ name, message, stack = `${name}: ${message}`, cause }: Error): string {
  return cause === undefined ? stack : `${stack}\ncaused by ${String(cause)}`;
}
