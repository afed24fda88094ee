/** The arguments of a command, written as for Vault's own: `-format=json`, `--renewable=false`. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export type Options = NonNullable<ParseArgsConfig['options']>;
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Arguments {
  readonly values: Values;
  readonly positionals: readonly string[];
}

/** As Go reads them. */
const YES = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const NO = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/**
 * Reads options wherever they stand, with one dash or two, until a `--`; a flag may have a value, as Go's
 * flags have.
 *
 * @throws Error that says which option is wrong, and nothing of its value, which may be a secret
 */
export function parseArguments(args: readonly string[], options: Options): Arguments {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const denied: string[] = [];
  const normal = args.slice(0, end).flatMap((arg) => {
    const { name = '', value } =
      /^--?(?<name>[a-z][a-z-]+)(?:=(?<value>.*))?$/s.exec(arg)?.groups ?? {};
    const option = options[name];
    if (option === undefined) return [arg];
    if (option.type === 'string') return [value === undefined ? `--${name}` : `--${name}=${value}`];
    if (value === undefined || YES.includes(value)) return [`--${name}`];
    if (!NO.includes(value))
      throw new Error(`Option '--${name}' takes no value but true and false`);
    denied.push(name);
    return [];
  });
  const { values, positionals } = parseArgs({
    args: [...normal, ...args.slice(end)],
    options,
    allowPositionals: true,
  });
  return {
    values: { ...values, ...Object.fromEntries(denied.map((name) => [name, false])) },
    positionals,
  };
}
