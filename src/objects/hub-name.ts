/**
 * Names of Durable Objects: the key of the Vault namespace, a slash, the event-type namespace. A
 * wildcard hub has no event-type namespace of its own. The key of the root namespace is the empty text:
 * `/kv-v2`, `/`.
 */

import { pathOfKey, ROOT } from '../namespace/namespace.ts';

export function hubName(namespaceKey: string, eventTypeNamespace: string): string {
  return `${namespaceKey}/${eventTypeNamespace}`;
}

export function wildcardHubName(namespaceKey: string): string {
  return `${namespaceKey}/`;
}

/** Of which of the two classes the object of this name is. */
export function isWildcardHub(name: string): boolean {
  return name.endsWith('/');
}

/** As messages to people name a hub. */
export function nameForOperators(name: string | undefined): string {
  const { namespaceKey, eventTypeNamespace } = parseHubName(name);
  const hub = eventTypeNamespace === '' ? 'the wildcard hub' : `the hub of ${eventTypeNamespace}`;
  return namespaceKey === ROOT ? hub : `${hub} in namespace ${pathOfKey(namespaceKey)}`;
}

/** Reads a name back. An event-type namespace has no slash, so the last one divides. */
export function parseHubName(name: string | undefined): {
  namespaceKey: string;
  eventTypeNamespace: string;
} {
  const slash = name?.lastIndexOf('/') ?? -1;
  if (name === undefined || slash === -1) {
    throw new Error(`a hub is addressed by a name that hubName makes, not ${name}`);
  }
  return { namespaceKey: name.slice(0, slash), eventTypeNamespace: name.slice(slash + 1) };
}
