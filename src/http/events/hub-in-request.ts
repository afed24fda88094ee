/** A hub as requests name it within a Vault namespace: its event-type namespace, or `*` for the wildcard hub. */

import { checkEventType } from '../../event/event-type.ts';
import { hubName, wildcardHubName } from '../../objects/names.ts';

export const WILDCARD = '*';

export function canNameHub(text: string): boolean {
  return text === WILDCARD || (checkEventType(text).ok && !text.includes('/'));
}

/** The name by which the hub is called. @param namespace the key of the Vault namespace */
export function nameOfHub(namespace: string, hub: string): string {
  return hub === WILDCARD ? wildcardHubName(namespace) : hubName(namespace, hub);
}
