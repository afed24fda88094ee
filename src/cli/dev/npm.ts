/** Options that npm took for its own: `npm start --port 8337` hands over `8337` and keeps `--port`. */

/** What a user has to write so that the options arrive. */
export const BY_NPM = 'npm start --';

/**
 * @param names of the options of the command
 * @returns the line to write instead, where npm kept any of them
 */
export function lineForNpm(
  names: readonly string[],
  positionals: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (env.npm_lifecycle_event !== 'start') return undefined;
  const kept = names.flatMap((name) => {
    const value = env[`npm_config_${name.replaceAll('-', '_')}`];
    return value ? [{ name, value }] : [];
  });
  if (kept.length === 0) return undefined;
  const words = kept.map(({ name, value }) => {
    // A token is not repeated. Which of several values belongs to which option cannot be known.
    if (name.startsWith('root-token')) return `--${name} …`;
    if (!value.startsWith('true')) return `--${name} ${value}`;
    return kept.length === 1 && positionals.length === 1
      ? `--${name} ${positionals[0]}`
      : `--${name} …`;
  });
  return `${BY_NPM} ${words.join(' ')}`;
}
