/** Bodies that are forms (`application/x-www-form-urlencoded`). */

import { ok, type Result, tooLarge } from '../../lib/result.ts';
import { MAX_FORM_FIELDS } from '../limits.ts';

export type Fields = readonly (readonly [name: string, value: string])[];

/** Read before it is known who has sent them, so they are counted before anything is made of them. */
export function formFields(text: string): Result<Fields> {
  const count = text.split('&', MAX_FORM_FIELDS + 1).length;
  return count > MAX_FORM_FIELDS
    ? tooLarge(`the form has more than ${MAX_FORM_FIELDS} fields (MAX_FORM_FIELDS)`)
    : ok([...new URLSearchParams(text)]);
}
