/**
 * The value of a header that a sender writes once. Where a proxy has written it twice, HTTP joins the two with a
 * comma; two that differ stay as they came, because nobody knows which of them is meant.
 */
export function headerValue(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? undefined;
  const [first, ...others] = value?.split(',').map((each) => each.trim()) ?? [];
  return others.length > 0 && others.every((each) => each === first) ? first : value;
}
