/**
 * The log of the server. Every line is one JSON object. No member of it contains a secret, and none is longer than
 * anyone would read.
 */
import { MAX_LOGGED_CHARACTERS } from './limits.ts';
import { maskSecrets, maskUuids } from './mask-secrets.ts';

type Level = 'log' | 'warn' | 'error';

/** Secrets of this server that have no form by which `mask-secrets.ts` could recognize them. */
const known = new Set<string>();

/** Shorter secrets may be ordinary words, such as `root`. Hiding them would make the log unreadable. */
const MIN_KNOWN_CHARACTERS = 8;

/** Members whose UUID is an identifier and not a secret. */
const IDENTIFIERS = ['accessor', 'entity', 'by', 'id'];

/**
 * Hides the root token in every later line.
 *
 * @param env of a Worker or a Durable Object: each isolate must call this
 */
export function hideSecretsOf(env: object): void {
  const { ROOT_TOKEN: token } = env as { readonly ROOT_TOKEN?: string | null };
  if (token && token.length >= MIN_KNOWN_CHARACTERS) known.add(token);
}

/** What a line shows of its members: undefined ones are left out, secrets are masked. */
export function shownMembers(members: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(members, shown));
}

/** Writes a line. Undefined members are left out. */
export function log(level: Level, members: Readonly<Record<string, unknown>>): void {
  // biome-ignore lint/suspicious/noConsole: this is the one place that writes to the log
  console[level](JSON.stringify(members, shown));
}

/** Logs a failure, with the stack of its error if there is one. */
export function logError(what: string, error?: unknown): void {
  log('error', { error: what, cause: error });
}

/** The text with its secrets masked. */
export function withoutSecrets(text: string): string {
  return maskSecrets(text, known);
}

function shown(key: string, value: unknown): unknown {
  const text = value instanceof Error ? stackOf(value) : value;
  if (typeof text !== 'string') return text;
  const masked = withoutSecrets(text);
  const whole = IDENTIFIERS.includes(key) ? masked : maskUuids(masked);
  // Masked before it is cut: half a secret would not be recognized.
  return whole.length > MAX_LOGGED_CHARACTERS ? `${whole.slice(0, MAX_LOGGED_CHARACTERS)}…` : whole;
}

function stackOf({ name, message, stack = `${name}: ${message}`, cause }: Error): string {
  return cause === undefined ? stack : `${stack}\ncaused by ${String(cause)}`;
}
