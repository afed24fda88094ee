/** The first `.` or `..` segment of a path. Some readers of a path resolve such a segment, others do not. */
export function dotSegment(path: string): '.' | '..' | undefined {
  return path.split('/').find((segment) => segment === '.' || segment === '..') as
    | '.'
    | '..'
    | undefined;
}
