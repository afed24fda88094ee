/** How long the server of a run waits: less than a deployed one, so that a minute shows what takes hours otherwise. */

export const ANSWER_TIMEOUT_MS = 3000;

/** After the first failure of a batch, the second, and so on. The last one repeats. */
export const RETRY_DELAYS_MS: readonly number[] = [100, 300, 1000];
