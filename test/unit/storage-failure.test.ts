import { expect, it } from 'vitest';
import {
  failedMigration,
  failureAt,
  messageOf,
  newerSchema,
  storageFailureOf,
  unversionedSchema,
} from '../../src/objects/storage-failure.ts';

it.each([
  ['database or disk is full: SQLITE_FULL', 'full'],
  ['database disk image is malformed: SQLITE_CORRUPT', 'unreadable'],
  ['file is not a database: SQLITE_NOTADB', 'unreadable'],
  ['the storage of the hub of abc cannot be read: a row', 'unreadable'],
  ['disk I/O error: SQLITE_IOERR', 'unusable'],
  ['internal error; reference = n7ne9au2mpaev2oisav7kkdl', 'unusable'],
  ['the storage of the hub of abc cannot be used: internal error', 'unusable'],
  [newerSchema('the hub of abc', 2, 1).message, 'unsupported'],
  [unversionedSchema('the authority of namespace a').message, 'unsupported'],
  [failedMigration('the hub of abc', 2).message, 'unsupported'],
  ['UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT', undefined],
  ['no such table: t: SQLITE_ERROR', undefined],
  ['the namespace was deleted', undefined],
] as const)('%s is %s', (message, failure) => {
  expect(storageFailureOf(new Error(message))).toBe(failure);
});

it('a failure is of the object that had it, whoever called that', () => {
  const failure = new Error('database disk image is malformed: SQLITE_CORRUPT');
  const named = failureAt('the hub of abc', failure);
  expect(messageOf(named)).toBe(
    'the storage of the hub of abc cannot be read: database disk image is malformed: SQLITE_CORRUPT',
  );
  expect(failureAt('the wildcard hub', named)).toBe(named);
  const other = new Error('the namespace was deleted');
  expect(failureAt('the hub of abc', other)).toBe(other);
});
