/**
 * The log of the server. Every line is one JSON object. No member of it contains a secret, and none is longer than
 * anyone would read.
 */
import { LruCache } from './caches.ts';
import {
  LOGGED_FAILURES_MS,
  MAX_CACHED_LOOKUPS,
  MAX_LOGGED_CHARACTERS,
  MAX_LOGGED_FAILURES,
} from './limits.ts';
import { maskSecrets, maskUuids } from './mask-secrets.ts';

type Level = 'log' | 'warn' | 'error';

/** Secrets of this server that have no form by which `mask-secrets.ts` could recognize them. */
const known = new Set<string>();

/** Shorter secrets may be ordinary words, such as `root`. Hiding them would make the log unreadable. */
const MIN_KNOWN_CHARACTERS = 8;

/** Members whose UUID is an identifier and not a secret. */
const IDENTIFIERS = ['accessor', 'entity', 'by', 'id'];

/**
 * Hides the values of the secrets in every later line. Each has several values while it rotates.
 *
 * @param env of a Worker or a Durable Object: each isolate must call this
 */
export function hideSecretsOf(env: object): void {
  const { ROOT_TOKEN, SOURCE_KEY } = env as Readonly<Record<string, string | null | undefined>>;
  for (const value of [ROOT_TOKEN, SOURCE_KEY].flatMap((each) => each?.split(',') ?? [])) {
    const secret = value.trim();
    if (secret.length >= MIN_KNOWN_CHARACTERS) known.add(secret);
  }
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

/** What was logged of one kind of failure. Times are Unix milliseconds. */
interface LoggedFailures {
  readonly since: number;
  lines: number;
  omitted: number;
}

/** By what failed, whichever number it has. */
const failures = new LruCache<LoggedFailures>(MAX_CACHED_LOOKUPS);

/**
 * Logs a failure, with the stack of its error if there is one. A full disk or a damaged journal fails each call: of one kind
 * of failure, a bounded number of lines is logged in a minute, and then how many were omitted.
 */
export function logError(what: string, error?: unknown): void {
  const kind = what.replace(/\d+/g, '0');
  const now = Date.now();
  let logged = failures.get(kind);
  let omitted: number | undefined;
  if (logged === undefined || Math.abs(now - logged.since) >= LOGGED_FAILURES_MS) {
    omitted = logged?.omitted || undefined;
    logged = { since: now, lines: 0, omitted: 0 };
    failures.set(kind, logged);
  }
  if (logged.lines >= MAX_LOGGED_FAILURES) {
    logged.omitted++;
    return;
  }
  logged.lines++;
  log('error', { error: what, cause: error, omitted });
}

/** To be called between tests: each may log as much as if it were alone. */
export function forgetLoggedFailures(): void {
  failures.clear();
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
