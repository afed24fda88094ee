/**
 * The incarnation of a hub lasts from the first thing that it stores until it deletes everything. Each has another id,
 * so that a message that was sent at the end of one means nothing to the next.
 */
export const INCARNATION_KEY = 'incarnation';

export function incarnationOf({ kv }: DurableObjectStorage): string {
  const stored = kv.get<string>(INCARNATION_KEY);
  if (stored !== undefined) return stored;
  const incarnation = crypto.randomUUID();
  kv.put(INCARNATION_KEY, incarnation);
  return incarnation;
}
