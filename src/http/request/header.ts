/**
 * The first value of a header that may be repeated; a Worker gets them joined by commas. Vault Proxy
 * adds its headers again with every reconnect, and Go takes the first.
 */
export function firstValue(header: string | null): string {
  return header?.split(',', 1)[0]?.trim() ?? '';
}

/** The values of a header that is a list, by whichever line they came; empty ones are none (RFC 9110, 5.6.1). */
export function valuesOf(header: string | null): string[] {
  const values = (header ?? '').split(',').map((value) => value.trim());
  return values.filter((value) => value !== '');
}

/**
 * A header without what stands in its quoted strings. One that does not end reaches to the end of the value: an
 * expression that could fail there would be tried again at every quote.
 */
export function withoutQuoted(header: string): string {
  return header.replace(/"(?:[^"\\]|\\.?)*(?:"|$)/gs, '""');
}

/** Whether a header that lists names without regard to case has this one. */
export function hasName(header: string | null, name: string): boolean {
  return valuesOf(header).some((value) => value.toLowerCase() === name);
}

/**
 * What a client accepts of these, in the order of its preference (RFC 9110, 12.5.1): by weight, then as it wrote
 * them. A weight of 0 refuses, and what is no weight counts as 1. Wildcards name nothing.
 */
export function acceptedOf(header: string | null, names: readonly string[]): string[] {
  const ranges = valuesOf(header).map((range) => {
    const [name = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return { name, weight: /^[01](?:\.\d{0,3})?$/.test(text) ? Number(text) : 1 };
  });
  return ranges
    .filter(({ name, weight }) => weight > 0 && names.includes(name))
    .sort((a, b) => b.weight - a.weight)
    .map(({ name }) => name);
}
