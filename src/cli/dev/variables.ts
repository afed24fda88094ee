/** The variables that the local server gives the Worker: those of `wrangler.toml`, which options can replace. */
import { parse } from 'smol-toml';
import { invalid, ok, type Result } from '../../lib/result.ts';

export type Variables = Readonly<Record<string, string>>;

/**
 * Reads `--var` and `--upstream`.
 *
 * @param config the text of `wrangler.toml`, which names the variables that exist
 * @returns every variable with its value
 */
export function variablesOf(
  config: string,
  given: readonly string[],
  upstream: string | undefined,
): Result<Variables> {
  const known = parse(config).vars as Variables;
  const own: Record<string, string> = {};
  for (const text of given) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      return invalid('--var must be NAME=VALUE, such as CLUSTER_NAME=b');
    }
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(', ');
      return invalid(`--var ${name}: wrangler.toml has no such variable; it has ${names}`);
    }
    own[name] = value;
  }
  if (upstream === undefined) return ok({ ...known, ...own });
  if (own.UPSTREAM_ADDR !== undefined) {
    return invalid('--upstream and --var UPSTREAM_ADDR exclude each other');
  }
  return ok({ ...known, ...own, UPSTREAM_ADDR: upstream });
}
