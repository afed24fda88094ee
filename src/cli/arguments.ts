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
    args: [...joined(normal, options), ...args.slice(end)],
    options,
    allowPositionals: true,
  });
  return {
    values: { ...values, ...Object.fromEntries(denied.map((name) => [name, false])) },
    positionals,
  };
}

/**
 * Joins an option with a value that begins with a dash and cannot be an option, such as `-15m`, which `parseArgs`
 * refuses apart from it.
 *
 * @throws Error where the next word may be an option or a value
 */
function joined(args: readonly string[], options: Options): string[] {
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const [arg = '', next = ''] = args.slice(index, index + 2);
    const isWaiting = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (!isWaiting || !/^-./.test(next)) {
      result.push(arg);
    } else if (/^--?[a-z]/i.test(next)) {
      throw new Error(
        `Option '${arg}' has no value; if the word after it is its value, write ${arg}=<value>`,
      );
    } else {
      result.push(`${arg}=${next}`);
      index++;
    }
  }
  return result;
}
