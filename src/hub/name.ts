/**
 * Names of Durable Objects: the Vault namespace, a slash, the event-type namespace. A gathering hub
 * has no event-type namespace of its own. The root namespace is the empty text: `/kv-v2`, `/`.
 */

export function hubName(vaultNamespace: string, eventTypeNamespace: string): string {
  return `${vaultNamespace}/${eventTypeNamespace}`;
}

export function gatheringHubName(vaultNamespace: string): string {
  return `${vaultNamespace}/`;
}

/** Reads a name back. An event-type namespace has no slash, so the last one divides. */
export function parseHubName(name: string | undefined): {
  vaultNamespace: string;
  eventTypeNamespace: string;
} {
  const slash = name?.lastIndexOf('/') ?? -1;
  if (name === undefined || slash === -1) {
    throw new Error(`a hub is addressed by a name that hubName makes, not ${name}`);
  }
  return { vaultNamespace: name.slice(0, slash), eventTypeNamespace: name.slice(slash + 1) };
}
