/** What a selector selects from an event. */
import { quote } from '../../lib/quote.ts';
import type { Selector } from './syntax.ts';

/** The fields that a filter can select. */
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

/** Why a part of a filter fails for every event. */
export interface Failing {
  /** in the words of go-bexpr */
  readonly error: string;
  /** for who wrote the filter: one sentence */
  readonly warning: string;
}

/** The field of a selector; all of them are strings, so nothing is inside one. */
export function fieldOf({ path, source }: Selector): keyof FilterFields | Failing {
  const [name = '', ...rest] = path;
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) {
    return {
      error: `error finding value in datum: ${pointerOf(path)} at part 0: couldn't find key: struct field with name ${quote(name)}`,
      warning: `There is no field ${quote(source)} (there are ${FIELDS.join(', ')}), so no event is delivered for which it is evaluated.`,
    };
  }
  if (rest.length > 0) {
    return {
      error: `error finding value in datum: ${pointerOf(path)}: at part 1, invalid value kind: string`,
      warning: `The field ${field} is a string and has no parts such as ${quote(source)}, so no event is delivered for which that is evaluated.`,
    };
  }
  return field;
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
