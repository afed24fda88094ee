/** How long a stock client that lost its connection is given what it missed: the variable `RECONNECT_WINDOW`. */
import type { Result } from '../lib/result.ts';
import { MAX_RECONNECT_WINDOW_SECONDS } from './limits.ts';
import { durationOf } from './read-variable.ts';
import type { Variables } from './variables.ts';

/** @returns milliseconds; 0 if it is switched off */
export function parseReconnectWindow(variables: Variables): Result<number> {
  return durationOf('RECONNECT_WINDOW', variables, {
    byDefault: '2m',
    min: 0,
    max: MAX_RECONNECT_WINDOW_SECONDS,
  });
}
