import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reasonOfFileError } from '../../src/cli/input/files.ts';

it.each([
  ['/no/such/file', 'there is no such file or folder'],
  ['/dev/null/x', 'a part of its path is a file, not a folder'],
  ['/', 'it is a folder, not a file'],
])('the reason why %s cannot be read is plain words without the path', (path, reason) => {
  let thrown: unknown;
  try {
    readFileSync(path);
  } catch (error) {
    thrown = error;
  }
  expect(reasonOfFileError(thrown)).toBe(reason);
});

it.each([
  ["ELOOP: too many symbolic links encountered, open '/a/b'", 'ELOOP'],
  ['EIO: i/o error, read', 'EIO'],
])('a reason of another kind keeps its code and loses the path: %s', (message, code) => {
  const error = Object.assign(new Error(message), { code });
  const words = message.slice(code.length + 2, message.indexOf(','));
  expect(reasonOfFileError(error)).toBe(`${words} (${code})`);
});

it('an error that is not of the file system keeps its words', () => {
  expect(reasonOfFileError(new Error('a line is longer than 5 characters'))).toBe(
    'a line is longer than 5 characters',
  );
});
