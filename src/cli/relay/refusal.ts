/** What a handshake that the origin refused means. Pure. */
import { isRetryable } from '../../client/request.ts';
import type { ExitCode } from '../command.ts';
import { isTlsFailure } from '../server.ts';
import type { Refused } from '../subscription-socket.ts';

/** Refused for a reason that lasts: the same request would be refused again. */
export interface Lasting {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** @returns undefined where it may pass */
export function lastingRefusal(refused: Refused, pattern: string): Lasting | undefined {
  const { status, message, code } = refused;
  switch (status) {
    case 401:
    case 403:
      return {
        message: `--from: ${message}; it takes a token (CARILLON_FROM_TOKEN, --from-token-file) that is valid and may "read" sys/events/subscribe/${pattern}`,
        exitCode: 2,
      };
    case 404:
      return failed(
        `${message}: events endpoint not found; check --from and --from-namespace (Vault has events from 1.13 on, and since 1.16 in its Enterprise edition alone)`,
      );
    case 431:
      return failed(
        `${message}: the headers are too large for it or for what stands before it; a shorter token may help`,
      );
    case 0:
      return isTlsFailure(code) ? failed(message) : undefined;
    default:
      return isRetryable(status) ? undefined : failed(message);
  }
}

function failed(message: string): Lasting {
  return { message: `--from: ${message}`, exitCode: 1 };
}
