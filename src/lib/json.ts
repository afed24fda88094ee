/** JSON values whose members are not checked yet. */

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** An object of JSON. */
export interface JsonObject {
  [key: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Some clients write every member, with null for an absent one. */
export function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** The first key that is not one of the known keys. */
export function unknownKey(
  object: Record<string, unknown>,
  known: readonly string[],
): string | undefined {
  return Object.keys(object).find((key) => !known.includes(key));
}

export function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** The value if it is a JSON object, else an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}
