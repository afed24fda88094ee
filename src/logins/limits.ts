/** The limits of `logins/`, each with its unit and its reason. */

/** Length of a JWT of a login: an access token with hundreds of groups has some 20,000 characters. */
export const MAX_JWT_CHARACTERS = 32 * 1024;

/** Name of a role of an auth method, in characters. */
export const MAX_ROLE_NAME_CHARACTERS = 128;

/** Groups of a login, in its token. */
export const MAX_GROUPS = 500;

/** Keys of an issuer. A token that does not name its key may be tried with each of them. */
export const MAX_KEYS = 50;
