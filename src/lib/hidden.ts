/** What the API shows instead of a secret. */
export const HIDDEN = '(hidden)';
