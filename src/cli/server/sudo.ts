/** The paths whose policies have to grant `sudo` in addition, as the server declares them with its endpoints. */

/** In a path, `:name` stands for one segment, and `:names` for one or more. */
export const SUDO_PATHS: readonly string[] = [
  'auth/token/accessors',
  'auth/token/revoke-orphan',
  'sys/auth/:names',
  'sys/events/authority/restore',
  'sys/events/hubs',
  'sys/events/hubs/:name',
  'sys/events/hubs/:name/move',
  'sys/events/hubs/:name/restore',
  'sys/events/quotas',
  'sys/events/quotas/:name',
  'sys/events/subscriptions',
  'sys/events/subscriptions/:name',
];

const PATTERNS = SUDO_PATHS.map(
  (path) => new RegExp(`^${path.replace(':names', '.+').replace(':name', '[^/]+')}$`),
);

export function needsSudo(path: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(path));
}
