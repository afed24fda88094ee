const MAX_QUOTED_CHARACTERS = 80;

/**
 * A user's value for a message. A string is quoted, shortened, and has its control characters escaped. Any other value
 * is described by its kind, because it may be large.
 */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value);
  const cut =
    value.length > MAX_QUOTED_CHARACTERS
      ? `${value.slice(0, MAX_QUOTED_CHARACTERS - 3)}...`
      : value;
  return JSON.stringify(cut);
}

/** The kind of a JSON value, for a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
