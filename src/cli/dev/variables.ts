/** The variables that the local server gives the Worker: those of `wrangler.toml`, which files and options can replace. */
import { parse } from 'smol-toml';
import { invalid, ok, type Result } from '../../lib/result.ts';

export type Variables = Readonly<Record<string, string>>;

/** What replaces the variables of `wrangler.toml`. A later member takes precedence. */
interface Given {
  /** What the local server has by default. */
  readonly defaults: Variables;
  /** `.dev.vars`. */
  readonly file: Variables;
  /** What an option implies: `--log`. `--var` can still say otherwise. */
  readonly implied: Variables;
  /** `--var NAME=VALUE`. */
  readonly pairs: readonly string[];
  /** Options for one variable: `--upstream` for `UPSTREAM_ADDR`. Undefined if not given. */
  readonly options: Readonly<
    Record<string, readonly [variable: string, value: string | undefined]>
  >;
}

/** The variables in the text of `wrangler.toml`. */
export function configuredVariables(config: string): Variables {
  return parse(config).vars as Variables;
}

/** @returns every variable with its value */
export function variablesOf(
  known: Variables,
  { defaults, file, implied, pairs, options }: Given,
): Result<Variables> {
  const own: Record<string, string> = {};
  for (const text of pairs) {
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
  for (const [option, [variable, value]] of Object.entries(options)) {
    if (value === undefined) continue;
    if (own[variable] !== undefined) {
      return invalid(`--${option} and --var ${variable} exclude each other`);
    }
    own[variable] = value;
  }
  return ok({ ...known, ...defaults, ...file, ...implied, ...own });
}
