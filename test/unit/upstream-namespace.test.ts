import { describe, expect, it } from 'vitest';
import { upstreamNamespace } from '../../src/http/upstream-events/upstream-namespace.ts';

describe('the namespace of a request that passes through', () => {
  it.each([
    ['ns1', 'ns1'],
    ['/ns1/child/', 'ns1/child'],
    ['root', ''],
    ['/', ''],
    // Vault Proxy repeats it with each reconnect.
    ['ns1, ns1', 'ns1'],
    // Not that of ns1.
    ['ns1,x', 'ns1,x'],
    ['ns1,x, ns1', 'ns1,x'],
    // No namespace here can have such a name, or be so deep.
    ['a@b/', 'a@b'],
    ['d/'.repeat(40), `${'d/'.repeat(39)}d`],
  ])('%j is %j', (header, namespace) => {
    expect(upstreamNamespace(new Headers({ 'X-Vault-Namespace': header }))).toBe(namespace);
  });

  it('is root without a header', () => {
    expect(upstreamNamespace(new Headers())).toBe('');
  });
});
