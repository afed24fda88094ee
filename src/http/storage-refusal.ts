/** The refusal of a request that failed because a Durable Object could not read or write its storage. */

import { childKey, ROOT } from '../namespace/namespace.ts';
import { authorityForOperators } from '../objects/names.ts';
import { isHubElsewhere } from '../objects/places.ts';
import { messageOf, namesObject, storageFailureOf } from '../objects/storage-failure.ts';
import { authorityObjectId, callAuthority } from '../objects/stubs.ts';
import type { Refusal } from './respond.ts';

/** An error of a hub names the hub. One without a name is of the only other kind of Durable Object. */
const AN_AUTHORITY = 'the authority of this namespace, or of one above it,';

/** @returns undefined if the error has another cause */
export function storageRefusal(error: unknown): Refusal | undefined {
  switch (storageFailureOf(error)) {
    case undefined:
      return isHubElsewhere(error)
        ? { reason: 'unavailable', message: messageOf(error) }
        : undefined;
    case 'full':
      return {
        reason: 'unavailable',
        message:
          'the storage of this server is full, and this was not stored; free space, then repeat the request',
      };
    case 'unreadable':
      return {
        reason: 'storage_unreadable',
        message: `${subjectOf(error)} cannot be read. Repeating the request does not help: ${
          isOfAuthority(error)
            ? 'an operator has to restore it, and the log says which object it is'
            : 'an operator has to restore or reset it, see /v1/sys/events/hubs and the log'
        }`,
      };
    case 'unsupported':
      return { reason: 'storage_unreadable', message: messageOf(error) };
    case 'unusable':
      return {
        reason: 'unavailable',
        message: `${subjectOf(error)} cannot be used: it may be full or damaged. Repeat the request; if it goes on, ${
          isOfAuthority(error)
            ? 'an operator has to free space or restore it, and the log says which object it is'
            : 'an operator finds out more at /v1/sys/events/hubs and in the log'
        }`,
      };
  }
}

function subjectOf(error: unknown): string {
  const [, object] = /^the storage of (.*?) cannot be /.exec((error as Error).message) ?? [];
  return `the storage of ${object ?? AN_AUTHORITY}`;
}

function isOfAuthority(error: unknown): boolean {
  return !namesObject(error) || /^the storage of the authority /.test(messageOf(error));
}

/** Whether the storage of an authority may have failed so that an operator has to act. */
export function mayBeOfAuthority(error: unknown): boolean {
  return storageFailureOf(error) !== 'full' && isOfAuthority(error);
}

/**
 * Names the Durable Objects of the authorities that a request may have called, because one that does not start cannot
 * name itself.
 *
 * @param namespace the path of the Vault namespace of the request
 */
export async function authoritiesOf(env: Env, namespace: string): Promise<string> {
  const found: string[] = [];
  const names = namespace === ROOT ? [] : namespace.split('/');
  let key = ROOT;
  for (;;) {
    found.push(`${authorityForOperators(key)} is the object ${authorityObjectId(env, key)}`);
    const name = names.shift();
    const id = name === undefined ? undefined : await childIdIn(env, key, name);
    if (name === undefined || id === undefined) return found.join('; ');
    key = childKey(key, name, id);
  }
}

/** @returns undefined if there is none, or if the authority does not answer */
async function childIdIn(env: Env, key: string, name: string): Promise<string | undefined> {
  try {
    return await callAuthority(env, key, (authority) => authority.childId(name));
  } catch {
    return undefined;
  }
}
