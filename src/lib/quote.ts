const MAX_QUOTED_CHARACTERS = 80;

/**
 * A user's value inside a message: text quoted, with control characters visible and cut to a readable
 * length; of anything else its kind, since it may be nested without end.
 */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value);
  const cut =
    value.length > MAX_QUOTED_CHARACTERS
      ? `${value.slice(0, MAX_QUOTED_CHARACTERS - 3)}...`
      : value;
  return JSON.stringify(cut);
}

/** Names the kind of a JSON value in a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
