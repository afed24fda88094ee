/** Parses bodies of the type `application/x-www-form-urlencoded`. */

import { ok, type Result, tooLarge } from '../../../lib/result.ts';
import { MAX_FORM_FIELDS } from '../../limits.ts';

export type FormField = readonly [name: string, value: string];

/** The sender may not be verified yet, so fields are counted before they are parsed. */
export function parseForm(text: string): Result<readonly FormField[]> {
  const count = text.split('&', MAX_FORM_FIELDS + 1).length;
  return count > MAX_FORM_FIELDS
    ? tooLarge(`the form has more than ${MAX_FORM_FIELDS} fields (MAX_FORM_FIELDS)`)
    : ok([...new URLSearchParams(text)]);
}
