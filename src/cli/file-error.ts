/** Why the file system refused, in words that do not repeat the path: the sentence around them has it. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'there is no room left on its disk',
};

/** @param error what a call of `node:fs` threw; of one that is not in the list, Node's words */
export function reasonOfFileError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message.replace(/^[A-Z\d]+: (.*?), \w+(?: '.*')?$/s, `$1 (${code})`);
}
