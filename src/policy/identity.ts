/** The identity of a token, as its login reported it. Templates of policies use its values. */

export interface Alias {
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Identity {
  readonly entity: {
    readonly id: string;
    readonly name: string;
    readonly metadata: Readonly<Record<string, string>>;
    /** By the accessor of the alias's auth method. */
    readonly aliases: Readonly<Record<string, Alias>>;
  };
  readonly groups: readonly Group[];
}
