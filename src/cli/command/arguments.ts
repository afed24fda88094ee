/**
 * The arguments of a command, in the syntax of Vault's own: options with one dash or two, anywhere before a `--`, and
 * booleans that may have a value, as in Go: `-format=json`, `--renewable=false`.
 */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { suggestion } from './nearest.ts';
import type { Option, Options, Values } from './options.ts';

interface Arguments {
  readonly values: Values;
  readonly positionals: readonly string[];
}

/** The values that Go reads as booleans. */
const YES = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const NO = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** What can be the name of an option. Anything else may be a secret, and no message repeats it. */
const NAME = /^[a-z][a-z-]{0,30}$/i;

/** A value that was given. */
interface Given {
  readonly name: string;
  readonly value: string | boolean;
}

/**
 * Reads the arguments.
 *
 * @returns a failure that names the option that is wrong, but no value that may be a secret
 */
export function parseArguments(
  args: readonly string[],
  options: Options,
  env: Readonly<Record<string, string | undefined>>,
): Result<Arguments> {
  const given: Given[] = [];
  const positionals: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--') {
      for (const rest of args.slice(index + 1)) positionals.push(rest);
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      positionals.push(arg);
      continue;
    }
    const read = readOption(arg, args[index + 1], options);
    if (!read.ok) return read;
    given.push(read.value);
    if (read.value.tookNext) index++;
  }
  const values = valuesOf(given, options, env);
  return values.ok ? ok({ values: values.value, positionals }) : values;
}

function readOption(
  arg: string,
  next: string | undefined,
  options: Options,
): Result<Given & { readonly tookNext: boolean }> {
  const dashes = arg.startsWith('--') ? 2 : 1;
  const equals = arg.indexOf('=');
  const typed = equals === -1 ? arg.slice(dashes) : arg.slice(dashes, equals);
  const value = equals === -1 ? undefined : arg.slice(equals + 1);
  const name = Object.hasOwn(options, typed) ? typed : longNameOf(typed, dashes, options);
  const option = name === undefined ? undefined : options[name];
  if (name === undefined || option === undefined) return unknownFlag(typed, arg, dashes, options);

  if (option.type === 'boolean') {
    if (value === undefined || YES.includes(value))
      return ok({ name, value: true, tookNext: false });
    return NO.includes(value)
      ? ok({ name, value: false, tookNext: false })
      : invalid(`--${name} takes no value but true and false`);
  }
  if (value !== undefined) return ok({ name, value, tookNext: false });
  if (next === undefined)
    return invalid(`--${name} has no value; write --${name} <${option.value}>`);
  // `-` is standard input, and `-15m` a time.
  if (/^--?[a-z]/i.test(next)) {
    return invalid(
      `--${name} has no value; if the word after it is its value, write --${name}=<${option.value}>`,
    );
  }
  return ok({ name, value: next, tookNext: true });
}

function longNameOf(typed: string, dashes: number, options: Options): string | undefined {
  if (dashes !== 1) return undefined;
  return Object.keys(options).find((name) => options[name]?.short === typed);
}

function unknownFlag(typed: string, arg: string, dashes: number, options: Options): Result<never> {
  if (!NAME.test(typed)) {
    return invalid('an argument begins with a dash but is no flag; write "--" before it');
  }
  const nearest = suggestion(typed, Object.keys(options));
  return invalid(
    `unknown flag ${arg.slice(0, dashes)}${typed}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`,
  );
}

function valuesOf(
  given: readonly Given[],
  options: Options,
  env: Readonly<Record<string, string | undefined>>,
): Result<Values> {
  const values: Record<string, string | boolean | readonly string[]> = {};
  for (const [name, option] of Object.entries(options)) {
    const own = given.flatMap((each) => (each.name === name ? [each.value] : []));
    if (own.length > 0) {
      const isList = option.type === 'string' && option.multiple === true;
      if (!isList && new Set(own).size > 1) {
        return invalid(
          `--${name} is given ${own.length} times, with different values; give it once`,
        );
      }
      values[name] = isList ? own.map(String) : (own.at(-1) as string | boolean);
    } else if (option.type === 'string') {
      const value = ofEnvironment(option, env) || option.default;
      if (value !== undefined) values[name] = value;
    }
    const checked = checkChoice(name, option, values[name], own.length > 0);
    if (!checked.ok) return checked;
  }
  return ok(values);
}

/** Vault reads the value of a choice in any case. */
function ofEnvironment(
  { env: variable, envAliases = {}, choices = [] }: Extract<Option, { type: 'string' }>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const value = variable && env[variable];
  if (!value) return undefined;
  const lower = value.toLowerCase();
  return envAliases[lower] ?? (choices.includes(lower) ? lower : value);
}

function checkChoice(
  name: string,
  option: Option,
  value: string | boolean | readonly string[] | undefined,
  isGiven: boolean,
): Result<void> {
  if (option.type === 'boolean' || option.choices === undefined || value === undefined) {
    return ok(undefined);
  }
  const { choices, env } = option;
  const wrong = [value].flat().find((each) => !choices.includes(String(each)));
  if (wrong === undefined) return ok(undefined);
  const setting = isGiven ? `--${name}` : String(env);
  const advice = isGiven ? '' : `; set it to one of these, or give --${name}`;
  return invalid(`${setting} is ${quote(wrong)}; it must be ${listOf(choices)}${advice}`);
}

/** `"table", "json" or "yaml"` */
export function listOf(choices: readonly string[]): string {
  return alternatives(choices.map((choice) => JSON.stringify(choice)));
}

/** `table, json or yaml` */
export function alternatives(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');
}
