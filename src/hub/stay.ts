/**
 * The stay of a hub: from when something is stored until all of it goes. Each has an id of its own, so that
 * what a hub said at the end of one means nothing for the next.
 */
export const STAY_KEY = 'stay';

export function stayOf({ kv }: DurableObjectStorage): string {
  const known = kv.get<string>(STAY_KEY);
  if (known !== undefined) return known;
  const stay = crypto.randomUUID();
  kv.put(STAY_KEY, stay);
  return stay;
}
