/**
 * Reads the members of a spec as the API reads them, each in the form in which the API returns it. Pure.
 *
 * `cli/` does not import the rules of `logins/`, and `test/unit/apply-kinds.test.ts` compares the two. What only those
 * rules know, such as which members exclude each other, the server says when the object is written.
 */
import { Fields } from '../../../lib/fields.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { kindOf } from '../../../lib/quote.ts';
import type { Result } from '../../../lib/result.ts';
import type { State } from '../state.ts';

/** Reads a member. An absent one has the default of the API. */
export type Reader = (fields: Fields, name: string) => unknown;
export type Readers = Readonly<Record<string, Reader>>;

export function readMembers(readers: Readers, spec: Record<string, unknown>): Result<State> {
  const fields = new Fields(spec);
  const members = Object.entries(readers).map(([name, read]) => [name, read(fields, name)]);
  return fields.result(Object.fromEntries(members) as State);
}

export const text: Reader = (fields, name) => fields.text(name);
export const flag: Reader = (fields, name) => fields.flag(name);
export const list: Reader = (fields, name) => fields.list(name);
export const duration: Reader = (fields, name) => fields.duration(name);
export const signedDuration: Reader = (fields, name) => fields.signedDuration(name);
export const pairs: Reader = (fields, name) => Object.fromEntries(fields.pairs(name));

/** A name that is not case-sensitive. */
export const nameInLowerCase: Reader = (fields, name) => fields.text(name).toLowerCase();

export const requiredText: Reader = (fields, name) => {
  const value = fields.text(name);
  if (value === '') fields.reject(`missing ${name}`);
  return value;
};

/** One of these texts. The first is the default. */
export function oneOf(known: readonly [string, ...string[]]): Reader {
  return (fields, name) => {
    const value = fields.text(name) || known[0];
    if (!known.includes(value)) {
      const list = known.map((each) => `"${each}"`).join(', ');
      fields.reject(`${name} is not supported with this value; there are ${list}`);
    }
    return value;
  };
}

export function count(max: number): Reader {
  return (fields, name) => fields.count(name, max);
}

export const object: Reader = (fields, name) => {
  const value = fields.raw(name) ?? {};
  if (!isJsonObject(value)) fields.reject(`${name} must be an object, not ${kindOf(value)}`);
  return value;
};

/** A member for a feature that the server does not have. It can only be empty. */
export function unsupported(empty: unknown, why: string): Reader {
  return (fields, name) => {
    fields.rejectUnlessEmpty(name, why);
    return empty;
  };
}
