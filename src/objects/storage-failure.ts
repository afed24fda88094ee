/**
 * What a failure of a Durable Object's storage means. Only the text of an error crosses an RPC, so the meaning is read
 * from the text, and only here.
 */

export type StorageFailure =
  /** The disk is full. Nothing of the turn that failed was stored. */
  | 'full'
  /** What was stored cannot be read. */
  | 'unreadable'
  /** Its schema is one that this release does not know, or that it failed to migrate. */
  | 'unsupported'
  /** The object did not start, or its storage failed and the platform does not say why. */
  | 'unusable';

const FULL = /\bSQLITE_FULL\b/;
const UNREADABLE = /\bSQLITE_(CORRUPT|NOTADB)\b|^the storage of .* cannot be read: /;
const UNSUPPORTED =
  /^the storage of .* (has schema version \d+|has no schema version|cannot be migrated)\b/;
const UNUSABLE =
  /\bSQLITE_(IOERR|CANTOPEN|READONLY)\b|^internal error; reference = |^the storage of .* cannot be used: /;

/** @returns undefined if it is no failure of storage */
export function storageFailureOf(error: unknown): StorageFailure | undefined {
  const message = messageOf(error);
  if (FULL.test(message)) return 'full';
  if (UNREADABLE.test(message)) return 'unreadable';
  if (UNSUPPORTED.test(message)) return 'unsupported';
  return UNUSABLE.test(message) ? 'unusable' : undefined;
}

/** Adds the object to a failure of its storage that names no object. Returns any other error as it is. */
export function failureAt(object: string, error: unknown): unknown {
  const failure = storageFailureOf(error);
  if (failure !== 'unreadable' && failure !== 'unusable') return error;
  return namesObject(error) ? error : unreadable(object, error, failure);
}

export function unreadable(
  object: string,
  error: unknown,
  failure: 'unreadable' | 'unusable' = 'unreadable',
): Error {
  const verb = failure === 'unreadable' ? 'read' : 'used';
  const message = messageOf(error).replace(/\s+/g, ' ');
  return new Error(
    namesObject(error) ? message : `the storage of ${object} cannot be ${verb}: ${message}`,
  );
}

export function newerSchema(object: string, found: number, supported: number): Error {
  return new Error(
    `the storage of ${object} has schema version ${found}, and this release supports up to ${supported}; deploy the newer release again, or restore a backup from before it`,
  );
}

export function failedMigration(object: string, version: number): Error {
  return new Error(
    `the storage of ${object} cannot be migrated to schema version ${version}, and was not changed; deploy the release before again. The log says why`,
  );
}

export function unversionedSchema(object: string): Error {
  return new Error(
    `the storage of ${object} has no schema version: a release before 0.2.0 wrote it; run that release, or begin with empty storage`,
  );
}

/** Whether the object that failed is named already. */
export function namesObject(error: unknown): boolean {
  return messageOf(error).startsWith('the storage of ');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
