/**
 * The fields of a request to an auth method, read as Vault reads them: its CLI sends every value as
 * text, a list may be one text with commas, and what a field does not have stands for nothing.
 */

import { parseDuration, parseSignedDuration } from './duration.ts';
import { isJsonObject, withoutNulls } from './json.ts';
import { MAX_LOGIN_LIST_ENTRIES, MAX_LOGIN_TEXT_CHARACTERS, MAX_TOKEN_USES } from './limits.ts';
import { kindOf, quote } from './quote.ts';
import { type Failure, invalid, ok, type Result } from './result.ts';

/** Go's `strconv.ParseBool`, and the empty text, which Vault takes for false. */
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['', '0', 'f', 'F', 'FALSE', 'false', 'False'];

/**
 * Reads one field after the other and keeps the first thing that is wrong; what is read until the
 * `result` is asked for is of no consequence then.
 */
export class Fields {
  readonly #members: Record<string, unknown>;
  #failure: Failure | undefined;

  constructor(body: Record<string, unknown>) {
    this.#members = withoutNulls(body);
  }

  /** What was read of the fields, unless something is wrong with them. */
  result<T>(value: T): Result<T> {
    return this.#failure === undefined ? ok(value) : { ok: false, failure: this.#failure };
  }

  refuse(message: string): void {
    this.#failure ??= invalid(message).failure;
  }

  /** A field for something that this server does not have. */
  refuseUnlessEmpty(name: string, why: string): void {
    if (!isEmpty(this.raw(name))) this.refuse(`${name} is not supported: ${why}`);
  }

  raw(name: string): unknown {
    return this.#members[name];
  }

  text(name: string, maxCharacters = MAX_LOGIN_TEXT_CHARACTERS): string {
    const value = this.raw(name);
    return value === undefined ? '' : this.#checkText(name, value, maxCharacters);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (value === undefined) return false;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string' && TRUE.includes(value)) return true;
    if (typeof value !== 'string' || !FALSE.includes(value)) {
      this.refuse(`${name} must be true or false, not ${quote(value)}`);
    }
    return false;
  }

  /** How often something may be used; 0 for any number of times. */
  uses(name: string): number {
    const value = this.raw(name);
    if (value === undefined || value === '') return 0;
    const uses = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof uses !== 'number' || !Number.isInteger(uses) || uses > MAX_TOKEN_USES) {
      this.refuse(`${name} must be a whole number of at most ${MAX_TOKEN_USES}`);
      return 0;
    }
    if (uses < 0) this.refuse(`${name} cannot be negative`);
    return uses;
  }

  /** In seconds; 0 where there is none. */
  duration(name: string): number {
    return this.#take(parseDuration(this.raw(name) ?? 0, name), 0);
  }

  signedDuration(name: string): number {
    return this.#take(parseSignedDuration(this.raw(name) ?? 0, name), 0);
  }

  /** Texts without blanks at their ends; empty ones are none. */
  list(name: string, maxEntries = MAX_LOGIN_LIST_ENTRIES): string[] {
    const value = this.raw(name) ?? [];
    const entries = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(entries)) {
      this.refuse(`${name} must be a list of strings, not ${kindOf(value)}`);
      return [];
    }
    if (!this.#countEntries(name, entries.length, maxEntries)) return [];
    return entries
      .map((entry, index) => this.#checkText(`${name}[${index}]`, entry).trim())
      .filter((entry) => entry !== '');
  }

  /** Names and values: an object of texts, or texts such as `name=value`. */
  pairs(name: string): [string, string][] {
    const value = this.raw(name) ?? {};
    if (isJsonObject(value)) {
      const members = Object.entries(value);
      if (!this.#countEntries(name, members.length)) return [];
      return members.map(([key, member]) => {
        const at = `${name}[${quote(key)}]`;
        return [this.#checkText(`the name ${at}`, key), this.#checkText(at, member)];
      });
    }
    return this.list(name).map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 1) this.refuse(`invalid key pair ${quote(entry)} in ${name}`);
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    });
  }

  #countEntries(name: string, entries: number, max = MAX_LOGIN_LIST_ENTRIES): boolean {
    if (entries <= max) return true;
    this.refuse(`${name} has ${entries} entries, at most ${max} are allowed`);
    return false;
  }

  #checkText(at: string, value: unknown, maxCharacters = MAX_LOGIN_TEXT_CHARACTERS): string {
    if (typeof value !== 'string') {
      this.refuse(`${at} must be a string, not ${kindOf(value)}`);
      return '';
    }
    if (value.length > maxCharacters) {
      this.refuse(`${at} has ${value.length} characters, at most ${maxCharacters} are allowed`);
    }
    if (!value.isWellFormed()) this.refuse(`${at} has an unpaired surrogate`);
    return value;
  }

  #take<T>(result: Result<T>, otherwise: T): T {
    if (result.ok) return result.value;
    this.#failure ??= result.failure;
    return otherwise;
  }
}

/** Clients that always write every field write this where nothing is meant. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === false || value === 0) return true;
  if (typeof value === 'string') return FALSE.includes(value);
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
