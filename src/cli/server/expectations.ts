/** What the answers of the server have, by which a command tells it from something else. */
import type { Expectation } from './api.ts';

export const TOKEN: Expectation = {
  what: 'a token',
  isMet: ({ auth }) => typeof auth?.client_token === 'string',
};

/** A list of names. */
export const KEYS: Expectation = {
  what: 'a list',
  isMet: ({ data }) =>
    Array.isArray(data.keys) && data.keys.every((key) => typeof key === 'string'),
};
