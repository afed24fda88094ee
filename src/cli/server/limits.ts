/** The limits of `cli/server/`, each with its unit and its reason. */

/** How long the answer to a WebSocket handshake may take. */
export const SUBSCRIBE_HANDSHAKE_TIMEOUT_MS = 10_000;

/** Redirects within its server that one request, or one handshake, follows. Vault's clients stop there too. */
export const MAX_REDIRECTS = 10;

/** How long a command waits for the answer to a request, with its body. Vault's commands wait as long. */
export const API_TIMEOUT_MS = 60_000;
