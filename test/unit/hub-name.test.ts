import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hubName, parseHubName, wildcardHubName } from '../../src/objects/names.ts';

const namespaceKey = fc.constantFrom('', 'ns1@a', 'ns1@a/ns2@b');
const eventTypeNamespace = fc.string({ unit: fc.constantFrom(...'kv-2._*'), minLength: 1 });

describe('the name of a hub', () => {
  it('is a slash and the event-type namespace in the root namespace', () => {
    expect(hubName('', 'kv-v2')).toBe('/kv-v2');
    expect(hubName('ns1@a/ns2@b', 'kv-v2')).toBe('ns1@a/ns2@b/kv-v2');
  });

  it('is a slash alone for the wildcard hub of the root namespace', () => {
    expect(wildcardHubName('')).toBe('/');
    expect(wildcardHubName('ns1@a')).toBe('ns1@a/');
  });

  it('is read back as what it was made of', () => {
    fc.assert(
      fc.property(namespaceKey, eventTypeNamespace, (namespaceKey, eventTypeNamespace) => {
        expect(parseHubName(hubName(namespaceKey, eventTypeNamespace))).toEqual({
          namespaceKey,
          eventTypeNamespace,
        });
        expect(parseHubName(wildcardHubName(namespaceKey))).toEqual({
          namespaceKey,
          eventTypeNamespace: '',
        });
      }),
      { numRuns: 1000 },
    );
  });

  it.each([[undefined], ['abc'], ['']])(
    'must be one: a hub that is addressed as %j does not know whose events it has',
    (name) => {
      expect(() => parseHubName(name)).toThrow('a hub is addressed by a name that hubName makes');
    },
  );
});
