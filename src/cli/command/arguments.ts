/** The arguments of a command, in the syntax of Vault's own: `-format=json`, `--renewable=false`. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export type Options = NonNullable<ParseArgsConfig['options']>;
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

interface Arguments {
  readonly values: Values;
  readonly positionals: readonly string[];
}

/** The values that Go reads as booleans. */
const YES = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const NO = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/**
 * Reads options anywhere before a `--`, with one dash or two. A boolean option may have a value, as in Go.
 *
 * @throws Error that names the option that is wrong, but not its value, which may be a secret
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
    args: [...joinValues(normal, options), ...args.slice(end)],
    options,
    allowPositionals: true,
  });
  return {
    values: { ...values, ...Object.fromEntries(denied.map((name) => [name, false])) },
    positionals,
  };
}

/**
 * Joins an option with its value if that begins with a dash and cannot be an option, such as `-15m`. `parseArgs` only
 * accepts such a value after an equals sign.
 *
 * @throws Error if the next word can be an option or a value
 */
function joinValues(args: readonly string[], options: Options): string[] {
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const [arg = '', next = ''] = args.slice(index, index + 2);
    const needsValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (!needsValue || !/^-./.test(next)) {
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
