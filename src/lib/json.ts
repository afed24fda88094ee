/** JSON objects as they arrive, before anything is known of their members. */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Clients that always write every member write null for what is not there. */
export function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** The first member that an object of these members does not have. */
export function unknownKey(
  object: Record<string, unknown>,
  known: readonly string[],
): string | undefined {
  return Object.keys(object).find((key) => !known.includes(key));
}
