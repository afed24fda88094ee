/** The auth methods that every namespace has. */
import type { AuthMethod } from '../../logins/login.ts';

/** Those with roles. */
export const METHODS = ['approle', 'jwt'] as const satisfies readonly AuthMethod[];
export type Method = (typeof METHODS)[number];

export const ALL_METHODS = ['token', ...METHODS] as const;
