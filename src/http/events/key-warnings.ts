/** What the API says of secrets that are not encrypted under the first key of SOURCE_KEY. */

/** @param remedy what encrypts them under the first */
export function keyWarnings(key: 'current' | 'old' | 'missing', remedy: string): readonly string[] {
  switch (key) {
    case 'current':
      return [];
    case 'old':
      return [
        `its secrets are encrypted under a key of SOURCE_KEY that is not the first; ${remedy}`,
      ];
    case 'missing':
      return [
        'its secrets are encrypted under a key that is not in SOURCE_KEY; put that key back after the first, or write the secrets again',
      ];
  }
}
