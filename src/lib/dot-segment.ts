/** The first `.` or `..` segment of a path: one reader folds it, another takes it as it is. */
export function dotSegment(path: string): '.' | '..' | undefined {
  return path.split('/').find((segment) => segment === '.' || segment === '..') as
    | '.'
    | '..'
    | undefined;
}
