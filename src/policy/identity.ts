/** Who a token stands for, as its login said: what policy templates are filled from. */

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
    /** By the accessor of the auth method that the alias is of. */
    readonly aliases: Readonly<Record<string, Alias>>;
  };
  readonly groups: readonly Group[];
}
