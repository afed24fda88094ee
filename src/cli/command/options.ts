/** What a command declares of its options and arguments. Parsing, help and completion read these declarations. */

/** What a shell offers for a value: files, folders, the event types of the catalog, or these words. */
export type Completes = 'file' | 'folder' | 'event-type' | readonly string[];

interface StringOption {
  readonly type: 'string';
  /** What stands for the value in usage and help: `expression` in `--filter <expression>`. */
  readonly value: string;
  readonly help: string;
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string;
  /** What help says of the default, if it is no fixed text. */
  readonly defaultHelp?: string;
  /** The variable of the environment that has the value if the option is not given. */
  readonly env?: string;
  /** Other values of the variable, in lower case, and what they mean. */
  readonly envAliases?: Readonly<Record<string, string>>;
  /** All values that the option can have. */
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

interface BooleanOption {
  readonly type: 'boolean';
  readonly help: string;
  readonly short?: string;
}

export type Option = StringOption | BooleanOption;
export type Options = Readonly<Record<string, Option>>;

export interface Argument {
  /** As help shows it: `pattern` in `<pattern>`. */
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Only the last argument can have more than one value. */
  readonly multiple?: boolean;
  readonly defaultHelp?: string;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

/** The values of any command's options. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { multiple: true }
    ? readonly string[]
    : O extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string;

type WithDefault<O extends Options> = {
  [Name in keyof O]: O[Name] extends { default: string } ? Name : never;
}[keyof O];

/** The values of these options. An option that was not given and has no default has none. */
export type ValuesOf<O extends Options> = {
  readonly [Name in WithDefault<O>]: ValueOf<O[Name]>;
} & {
  readonly [Name in Exclude<keyof O, WithDefault<O>>]?: ValueOf<O[Name]> | undefined;
};

/** `--help`, which every command has. */
export const HELP_OPTIONS = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
} as const satisfies Options;
