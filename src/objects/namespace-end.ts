/** The refusal of an object whose Vault namespace was deleted. Only the text of an error crosses an RPC. */

import { messageOf } from './storage-failure.ts';

/** @param namespace its key */
export function namespaceDeleted(namespace: string): Error {
  return new Error(`the namespace ${namespace} was deleted`);
}

/** Whether an object says so. One of release 0.2 does not always name the namespace. */
export function isNamespaceDeleted(error: unknown): boolean {
  return /^the namespace (\S+ )?was deleted$/.test(messageOf(error));
}
