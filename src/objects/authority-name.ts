/** Names of the Durable Objects of authorities: a slash and the key of the namespace. */

import { pathOfKey, ROOT } from '../namespace/namespace.ts';

export function authorityName(namespaceKey: string): string {
  return `/${namespaceKey}`;
}

/** As messages to people name an authority. */
export function authorityForOperators(namespaceKey: string): string {
  const path = pathOfKey(namespaceKey);
  return `the authority of ${path === ROOT ? 'the root namespace' : `namespace ${path}`}`;
}

export function keyOfAuthority(name: string | undefined): string {
  if (!name?.startsWith('/')) {
    throw new Error(`an authority is addressed by a name that authorityName makes, not ${name}`);
  }
  return name.slice(1);
}
