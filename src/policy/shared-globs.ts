/**
 * Whether some text matches both globs. Between its first and its last `*` a glob can be followed by
 * anything, so only their ends can contradict each other: one text that holds the middles of both
 * behind each other between the longer beginning and the longer end matches both.
 */
import { compileGlob } from '../event/glob.ts';

export function globsShareText(a: string, b: string): boolean {
  if (!a.includes('*')) return compileGlob(b)(a);
  if (!b.includes('*')) return compileGlob(a)(b);
  const [startA, startB] = [a, b].map((glob) => glob.slice(0, glob.indexOf('*'))) as [
    string,
    string,
  ];
  const [endA, endB] = [a, b].map((glob) => glob.slice(glob.lastIndexOf('*') + 1)) as [
    string,
    string,
  ];
  return (
    (startA.startsWith(startB) || startB.startsWith(startA)) &&
    (endA.endsWith(endB) || endB.endsWith(endA))
  );
}
