/** The fields of an event that a selector can select. */
import { quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { Selector } from './syntax.ts';

export interface FilterFields {
  readonly event_type: string;
  readonly operation: string;
  readonly source_plugin_mount: string;
  readonly data_path: string;
  readonly namespace: string;
}

const FIELDS: readonly (keyof FilterFields)[] = [
  'event_type',
  'operation',
  'source_plugin_mount',
  'data_path',
  'namespace',
];

/** A part of a filter that fails for every event. */
export interface ConstantError {
  /** The message of go-bexpr. */
  readonly error: string;
  /** One sentence for the author of the filter. */
  readonly warning: string;
}

/** All fields are strings, so a selector cannot select a part of one. */
export function selectedField({
  path,
  source,
}: Selector): Result<keyof FilterFields, ConstantError> {
  const [name = '', ...rest] = path;
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) {
    return constant({
      error: `error finding value in datum: ${pointerOf(path)} at part 0: couldn't find key: struct field with name ${quote(name)}`,
      warning: `There is no field ${quote(source)} (there are ${FIELDS.join(', ')}), so no event is delivered for which it is evaluated.`,
    });
  }
  if (rest.length > 0) {
    return constant({
      error: `error finding value in datum: ${pointerOf(path)}: at part 1, invalid value kind: string`,
      warning: `The field ${field} is a string and has no parts such as ${quote(source)}, so no event is delivered for which that is evaluated.`,
    });
  }
  return ok(field);
}

export function constant(failure: ConstantError): Result<never, ConstantError> {
  return { ok: false, failure };
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
