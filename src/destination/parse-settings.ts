/** Reads what an operator writes about a destination: a JSON body, or the spec of a file. Pure. */

import { checkPattern } from '../event/event-type.ts';
import { compileFilter } from '../event/filter/filter.ts';
import { Fields } from '../lib/fields.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { checkPolicyName, UNASSIGNABLE_POLICIES } from '../policy/policy-name.ts';
import { MAX_NAMESPACE_PATTERNS } from '../subscription/limits.ts';
import { namespacePatterns } from '../subscription/namespace-patterns.ts';
import { parseSince } from '../subscription/since.ts';
import { adviceOnDestination } from './advice.ts';
import { checkFormat, defaultFormat } from './format-rule.ts';
import {
  DEFAULT_ATTEMPTS,
  DEFAULT_DELIVERY_AGE_SECONDS,
  MAX_ATTEMPTS,
  MAX_BATCH_EVENTS,
  MAX_BATCH_WAIT_SECONDS,
  MAX_CONCURRENCY,
  MAX_DELIVERY_AGE_SECONDS,
  MAX_DESTINATION_POLICIES,
  MIN_DELIVERY_AGE_SECONDS,
} from './limits.ts';
import { checkDestinationName } from './name.ts';
import { readSecrets } from './secrets.ts';
import {
  type DeadLetter,
  type DestinationSettings,
  FORMATS,
  type Format,
  type TargetSettings,
} from './settings.ts';
import type { StartPosition } from './start-position.ts';
import { keysOfTarget, readTarget } from './target-settings.ts';

/** Whose settings they are, and what they may name. */
export interface ReadingContext {
  /** The name of the destination. */
  readonly name: string;
  /** The path of its Vault namespace. */
  readonly namespace: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** For development: allows a webhook on this machine, without TLS. */
  readonly allowLoopbackHttp: boolean;
}

export interface ParsedDestination {
  readonly settings: DestinationSettings;
  /** Where a new destination starts; undefined for now. */
  readonly start: StartPosition | undefined;
  /** Undefined if none are given: the stored ones remain. */
  readonly secrets: readonly string[] | undefined;
  /** What is legal but probably a mistake. */
  readonly warnings: readonly string[];
}

const COMMON_KEYS = [
  'pattern',
  'namespaces',
  'filter',
  'since',
  'policies',
  'type',
  'format',
  'batch_max_events',
  'batch_max_wait',
  'concurrency',
  'max_attempts',
  'max_age',
  'dead_letter',
];

/** The value of `dead_letter` that makes an event of each dead letter. No destination has a name with a slash. */
export const DEAD_LETTER_EVENT = 'carillon/undelivered';

export function parseDestination(
  body: Record<string, unknown>,
  context: ReadingContext,
): Result<ParsedDestination> {
  const fields = new Fields(body);
  const target = readTarget(fields, context.allowLoopbackHttp);
  fields.rejectUnknown(
    [...COMMON_KEYS, ...keysOfTarget(target.type)],
    `a destination of type ${quote(target.type)}`,
  );
  const filter = readFilter(fields);
  const start = readStart(fields, context.now);
  const secrets = target.type === 'webhook' ? readSecrets(fields) : undefined;
  const batchMaxEvents = readCount(fields, 'batch_max_events', [1, MAX_BATCH_EVENTS], 1);
  const settings: DestinationSettings = {
    pattern: readPattern(fields),
    namespaces: readNamespaces(fields, context.namespace),
    filter,
    policies: readPolicies(fields),
    target,
    format: readFormat(fields, target.type, batchMaxEvents),
    batchMaxEvents,
    batchMaxWaitMs: 1000 * readDuration(fields, 'batch_max_wait', [0, MAX_BATCH_WAIT_SECONDS], 0),
    concurrency: readCount(fields, 'concurrency', [1, MAX_CONCURRENCY], 1),
    maxAttempts: readCount(fields, 'max_attempts', [1, MAX_ATTEMPTS], DEFAULT_ATTEMPTS),
    maxAgeMs:
      1000 *
      readDuration(
        fields,
        'max_age',
        [MIN_DELIVERY_AGE_SECONDS, MAX_DELIVERY_AGE_SECONDS],
        DEFAULT_DELIVERY_AGE_SECONDS,
      ),
    deadLetter: readDeadLetter(fields, context.name),
  };
  const checked = fields.result({ settings, start, secrets });
  return checked.ok ? ok({ ...checked.value, warnings: adviceOnDestination(settings) }) : checked;
}

function readPattern(fields: Fields): string {
  const pattern = fields.string('pattern') ?? '';
  if (pattern === '') {
    fields.reject('missing pattern: a glob over event types, such as "kv-v2/data-*"');
  }
  return fields.take(checkPattern(pattern), '');
}

function readNamespaces(fields: Fields, namespace: string): readonly string[] {
  const given = fields.list('namespaces', MAX_NAMESPACE_PATTERNS);
  return fields.take(namespacePatterns(namespace, given), []);
}

function readFilter(fields: Fields): string {
  const text = (fields.string('filter') ?? '').trim();
  if (text === '') return '';
  const filter = compileFilter(text);
  if (!filter.ok) fields.reject(`filter: ${filter.failure.message}`);
  return text;
}

function readStart(fields: Fields, now: number): StartPosition | undefined {
  return fields.take(parseStart(fields.string('since') ?? '', now), undefined);
}

/**
 * Reads where a destination starts, or a replay: `earliest`, an RFC 3339 time, or a time ago.
 *
 * @returns undefined if the text is blank
 */
export function parseStart(text: string, now: number): Result<StartPosition | undefined> {
  const since = parseSince(text, 'since', now);
  if (!since.ok) return since;
  switch (since.value?.kind) {
    case undefined:
      return ok(undefined);
    case 'earliest':
      return ok({ kind: 'earliest' });
    case 'time':
      return ok({ kind: 'time', at: since.value.at });
    case 'event':
    case 'cursor':
      return notAPosition(text.trim(), since.value.kind);
  }
}

function notAPosition(text: string, kind: 'event' | 'cursor'): Result<never> {
  const what = kind === 'event' ? 'the id of an event' : 'a cursor';
  return invalid(
    `since is ${quote(text)}, ${what}: that is a place in one hub, and a destination reads several; give an RFC 3339 time such as 2026-11-22T12:00:00Z, a time ago such as -15m, or "earliest"`,
  );
}

function readFormat(fields: Fields, type: TargetSettings['type'], batchMaxEvents: number): Format {
  const text = fields.text('format');
  const otherwise = defaultFormat(type, batchMaxEvents);
  if (text === '') return otherwise;
  const format = FORMATS.find((each) => each === text);
  if (format === undefined) {
    fields.reject(`format is ${quote(text)}; there are ${FORMATS.map(quote).join(', ')}`);
    return otherwise;
  }
  fields.take(checkFormat(format, type, batchMaxEvents), undefined);
  return format;
}

/** Normalised as those of a token: lower case, each once, sorted. */
function readPolicies(fields: Fields): readonly string[] {
  const given = fields.list('policies', MAX_DESTINATION_POLICIES);
  if (given.length === 0) {
    fields.reject(
      'missing policies: the names of those that say what the destination may see, such as ["team-a-events"]',
    );
  }
  const names = given.map((name) => fields.take(checkPolicyName(name), ''));
  const refused = names.find((name) => ['root', ...UNASSIGNABLE_POLICIES].includes(name));
  if (refused !== undefined) {
    fields.reject(
      `policies has ${quote(refused)}, which no destination can have; write a policy that grants what it needs`,
    );
  }
  return [...new Set(names)].sort();
}

function readDeadLetter(fields: Fields, name: string): DeadLetter {
  const text = fields.text('dead_letter');
  if (text === '') return { kind: 'pause' };
  if (text === DEAD_LETTER_EVENT) return { kind: 'event' };
  if (!checkDestinationName(text).ok) {
    fields.reject(
      `dead_letter is ${quote(text)}; it is "${DEAD_LETTER_EVENT}" for an event, the name of another destination, or empty to pause`,
    );
  }
  if (text === name) {
    fields.reject(`dead_letter is ${quote(text)}, this destination itself; name another one`);
  }
  return { kind: 'destination', name: text };
}

type Range = readonly [min: number, max: number];

function readCount(fields: Fields, key: string, [min, max]: Range, otherwise: number): number {
  if (isAbsent(fields, key)) return otherwise;
  const count = fields.count(key, max);
  if (count < min) fields.reject(`${key} must be from ${min} to ${max}`);
  return count;
}

/** In seconds. */
function readDuration(fields: Fields, key: string, [min, max]: Range, otherwise: number): number {
  if (isAbsent(fields, key)) return otherwise;
  const seconds = fields.duration(key);
  if (seconds < min || seconds > max) {
    fields.reject(`${key} is ${seconds} seconds; it must be from ${min} to ${max}`);
  }
  return seconds;
}

/** The CLI of Vault sends an empty text for what is not set. */
function isAbsent(fields: Fields, key: string): boolean {
  return [undefined, ''].includes(fields.raw(key) as undefined);
}
