/**
 * Reads the fields of a JSON body as Vault does: its CLI sends every value as a string, a list may be one string
 * with commas, and null means that the field is absent.
 */

import { parseDuration, parseSignedDuration } from './duration.ts';
import { isJsonObject, unknownKey, withoutNulls } from './json.ts';
import { MAX_FIELD_CHARACTERS, MAX_FIELD_ENTRIES } from './limits.ts';
import { nearest } from './nearest.ts';
import { kindOf, quote } from './quote.ts';
import { type Failure, invalid, ok, type Result } from './result.ts';
import { parseBool } from './text.ts';

/**
 * Each method reads one field and returns an empty value if the field is absent or wrong. The first failure is kept,
 * so a check reads all fields in a row and asks for the `result` once.
 *
 * @example
 * const fields = new Fields(body);
 * const role = { name: fields.text('name'), uses: fields.count('num_uses', MAX_TOKEN_USES) };
 * if (role.name === '') fields.reject('missing name');
 * return fields.result(role);
 */
export class Fields {
  readonly #members: Record<string, unknown>;
  /** The path of this object in the body: empty, or `mapping`. */
  readonly #path: string;
  /** Shared with the readers of the objects inside this one. */
  readonly #first: { failure?: Failure };

  constructor(body: Record<string, unknown>, path = '', first: { failure?: Failure } = {}) {
    this.#members = body;
    this.#path = path;
    this.#first = first;
  }

  /** The value that was made of the fields, or the first failure. */
  result<T>(value: T): Result<T> {
    const { failure } = this.#first;
    return failure === undefined ? ok(value) : { ok: false, failure };
  }

  reject(message: string): void {
    this.#first.failure ??= invalid(message).failure;
  }

  /** Keeps the failure of a check that was made elsewhere. */
  take<T>(checked: Result<T>, otherwise: T): T {
    if (checked.ok) return checked.value;
    this.#first.failure ??= checked.failure;
    return otherwise;
  }

  /** @param owner what has the known fields, for the message; not needed for an object inside a body */
  rejectUnknown(known: readonly string[], owner = 'it'): void {
    const unknown = unknownKey(withoutNulls(this.#members), known);
    if (unknown === undefined) return;
    const where = this.#path === '' ? '' : ` in ${this.#path}`;
    const similar = nearest(unknown, known);
    const advice = similar === undefined ? '' : ` (did you mean ${quote(similar)}?)`;
    this.reject(`unknown key ${quote(unknown)}${where}${advice}; ${owner} has ${known.join(', ')}`);
  }

  /** Rejects a field for a feature that this server does not have. */
  rejectUnlessEmpty(name: string, why: string): void {
    if (!isEmpty(this.raw(name))) {
      this.reject(`${this.#nameOf(name)} is not supported: ${why}`);
    }
  }

  /** The value as it came; undefined if it is null or absent. */
  raw(name: string): unknown {
    return this.#members[name] ?? undefined;
  }

  /** A string as it came. Use it if another check decides about its characters. */
  string(name: string, maxCharacters = Number.POSITIVE_INFINITY): string | undefined {
    const value = this.raw(name);
    return value === undefined
      ? undefined
      : this.#checkString(this.#nameOf(name), value, maxCharacters);
  }

  text(name: string, maxCharacters = MAX_FIELD_CHARACTERS): string {
    const value = this.raw(name);
    return value === undefined ? '' : this.#checkText(this.#nameOf(name), value, maxCharacters);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (value === undefined) return false;
    if (typeof value === 'boolean') return value;
    const flag = typeof value === 'string' ? parseBool(value) : undefined;
    if (flag === undefined) {
      this.reject(`${this.#nameOf(name)} must be true or false, not ${quote(value)}`);
    }
    return flag ?? false;
  }

  /** A whole number of 0 or more. */
  count(name: string, max: number): number {
    const value = this.raw(name);
    if (value === undefined || value === '') return 0;
    const count = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof count !== 'number' || !Number.isInteger(count) || count > max) {
      this.reject(`${this.#nameOf(name)} must be a whole number of at most ${max}`);
      return 0;
    }
    if (count < 0) this.reject(`${this.#nameOf(name)} cannot be negative`);
    return count;
  }

  /** In seconds. */
  duration(name: string): number {
    return this.take(parseDuration(this.raw(name) ?? 0, this.#nameOf(name)), 0);
  }

  signedDuration(name: string): number {
    return this.take(parseSignedDuration(this.raw(name) ?? 0, this.#nameOf(name)), 0);
  }

  /** Strings, trimmed. Empty ones are left out. */
  list(name: string, maxEntries = MAX_FIELD_ENTRIES): string[] {
    const value = this.raw(name) ?? [];
    const entries = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(entries)) {
      this.reject(`${this.#nameOf(name)} must be a list of strings, not ${kindOf(value)}`);
      return [];
    }
    if (!this.#checkEntries(name, entries.length, maxEntries)) return [];
    return entries
      .map((entry, index) => this.#checkText(`${this.#nameOf(name)}[${index}]`, entry).trim())
      .filter((entry) => entry !== '');
  }

  /** Names and values: an object of strings, or a list of strings such as `name=value`. */
  pairs(name: string): [string, string][] {
    const value = this.raw(name) ?? {};
    if (isJsonObject(value)) {
      const members = Object.entries(value);
      if (!this.#checkEntries(name, members.length)) return [];
      return members.map(([key, member]) => {
        const at = `${this.#nameOf(name)}[${quote(key)}]`;
        return [this.#checkText(`the name ${at}`, key), this.#checkText(at, member)];
      });
    }
    return this.list(name).map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 1) this.reject(`invalid key pair ${quote(entry)} in ${this.#nameOf(name)}`);
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    });
  }

  /**
   * The fields of an object inside the body: none if it is absent. Failures of its fields are failures of this body.
   *
   * @param what what it must be, for the message
   */
  object(name: string, what = 'an object'): Fields {
    const value = this.raw(name) ?? {};
    const isObject = isJsonObject(value);
    if (!isObject) this.reject(`${this.#nameOf(name)} must be ${what}, not ${kindOf(value)}`);
    return new Fields(isObject ? value : {}, this.#nameOf(name), this.#first);
  }

  #nameOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #checkEntries(name: string, entries: number, max = MAX_FIELD_ENTRIES): boolean {
    if (entries <= max) return true;
    this.reject(`${this.#nameOf(name)} has ${entries} entries, at most ${max} are allowed`);
    return false;
  }

  #checkText(at: string, value: unknown, maxCharacters = MAX_FIELD_CHARACTERS): string {
    const text = this.#checkString(at, value, maxCharacters);
    if (!text.isWellFormed()) this.reject(`${at} has an unpaired surrogate`);
    return text;
  }

  #checkString(at: string, value: unknown, maxCharacters: number): string {
    if (typeof value !== 'string') {
      this.reject(`${at} must be a string, not ${kindOf(value)}`);
      return '';
    }
    if (value.length > maxCharacters) {
      this.reject(`${at} has ${value.length} characters, at most ${maxCharacters} are allowed`);
    }
    return value;
  }
}

/** Some clients write every field: false, 0, an empty string, list or object if they mean none. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === false || value === 0) return true;
  if (typeof value === 'string') return parseBool(value) === false;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
