/** Names of the Durable Objects of authorities: a slash and the key of the namespace. */

export function authorityName(namespaceKey: string): string {
  return `/${namespaceKey}`;
}

export function keyOfAuthority(name: string | undefined): string {
  if (!name?.startsWith('/')) {
    throw new Error(`an authority is addressed by a name that authorityName makes, not ${name}`);
  }
  return name.slice(1);
}
