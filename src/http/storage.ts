/** What a request is answered where an object could not store or read what it asked for. */
import { storageFailureOf } from '../storage-failure.ts';
import type { Refusal } from './answer.ts';

/** An error of a hub names it; one that names nothing is of the only other kind of object. */
const AN_AUTHORITY = 'the authority of this namespace, or of one above it,';

/** @returns undefined where the error is another one */
export function storageRefusal(error: unknown): Refusal | undefined {
  switch (storageFailureOf(error)) {
    case undefined:
      return undefined;
    case 'full':
      return {
        reason: 'unavailable',
        message:
          'the storage of this server is full, and this was not stored; free space, then repeat the request',
      };
    case 'unreadable':
      return {
        reason: 'storage_unreadable',
        message: `${subjectOf(error)} cannot be read. Repeating the request does not help: an operator has to restore or reset it, see /v1/sys/events/hubs and the log`,
      };
    case 'unusable':
      return {
        reason: 'unavailable',
        message: `${subjectOf(error)} cannot be used: it may be full or damaged. Repeat the request; if it goes on, an operator finds out more at /v1/sys/events/hubs and in the log`,
      };
  }
}

function subjectOf(error: unknown): string {
  const [, object] = /^the storage of (.*?) cannot be /.exec((error as Error).message) ?? [];
  return `the storage of ${object ?? AN_AUTHORITY}`;
}
