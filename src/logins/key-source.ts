/** Where a login gets the keys of an issuer. The server that verifies the token provides them. */
import type { LocalJWKSet } from 'jose';
import type { Result } from '../lib/result.ts';
import type { JwtConfig } from './jwt-config.ts';

export interface KeySet {
  /** Finds the keys that may have signed a token with this header. */
  readonly find: LocalJWKSet;
  /** Whether keys have names, so that a token says (`kid`) which one signed it. Keys in PEM have none. */
  readonly named: boolean;
}

export type KeySource = (
  config: Pick<JwtConfig, 'keys'>,
  wanted: {
    /** Unix milliseconds. */
    readonly now: number;
    /** Keys that verify nothing. If there may be newer ones, those are returned. */
    readonly newerThan?: KeySet;
  },
) => Promise<Result<KeySet>>;
