/** The limits of `token/`, each with its unit and its reason. */

/** Length of a token, in characters: of one with a chosen id, and of one that is looked up. */
export const MAX_TOKEN_CHARACTERS = 1024;

/** Uses that a token, or a secret id, can be limited to. */
export const MAX_TOKEN_USES = 2_147_483_647;

/** Metadata of a token, in bytes of JSON. */
export const MAX_META_BYTES = 8 * 1024;

/** Display name of a token, in characters. */
export const MAX_DISPLAY_NAME_CHARACTERS = 256;

/** TTL of a token that asks for none, as in Vault: 32 days. */
export const DEFAULT_TOKEN_TTL_SECONDS = 32 * 24 * 60 * 60;

/** Longest lifetime of a token that is not periodic. */
export const MAX_TOKEN_TTL_SECONDS = 32 * 24 * 60 * 60;

/** How long a ticket can be used: a client requests it right before it connects. */
export const TICKET_TTL_SECONDS = 60;

/** Unused tickets of one namespace: as many pages as connect within a minute. */
export const MAX_TICKETS = 10_000;
