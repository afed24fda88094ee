/** The identity of a token, as its login reported it. Templates of policies use its values. */

/** An entity, an alias or a group. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Identity {
  readonly entity: Subject & {
    /** By the accessor of the alias's auth method. */
    readonly aliases: Readonly<Record<string, Subject>>;
  };
  readonly groups: readonly Subject[];
}
