/** What is wrong in a file, and where. Pure. */

/** Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly place: Place;
  /** What is wrong, and how to fix it. */
  readonly message: string;
}

/** Where a file begins: the place of what is wrong with the whole file. */
export function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

/** `file:line:column: message`, which editors can follow. */
export function problemText({ place: { file, line, column }, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** In the order of the files, then of the lines. */
export function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
