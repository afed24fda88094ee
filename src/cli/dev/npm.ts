/** Options that npm took: `npm start --port 8337` passes `8337` on and keeps `--port`. */

/** What a user has to write so that npm passes the options on. */
export const BY_NPM = 'npm start --';

/**
 * @param names of the options of the command
 * @returns the line to write instead, if npm kept any option
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
    // The line does not repeat a token. Of several values it is not known which option they belong to.
    if (name.startsWith('root-token')) return `--${name} …`;
    if (!value.startsWith('true')) return `--${name} ${value}`;
    return kept.length === 1 && positionals.length === 1
      ? `--${name} ${positionals[0]}`
      : `--${name} …`;
  });
  return `${BY_NPM} ${words.join(' ')}`;
}
