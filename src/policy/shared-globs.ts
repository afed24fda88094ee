import { compileGlob } from '../event/glob.ts';

/**
 * Whether some text matches both globs. Only the beginnings and the ends can exclude each other: a text with the longer
 * beginning, the middles of both globs one after the other, and the longer end matches both.
 */
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
