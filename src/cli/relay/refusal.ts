/** Whether a handshake that failed can be retried. Pure. */
import { isRetryable } from '../../client/request.ts';
import type { ExitCode } from '../command/command.ts';
import { isTlsFailure } from '../server/exchange.ts';
import type { HandshakeFailure } from '../server/subscription-socket.ts';

/** How the relay ends, if the same handshake would fail again. */
export interface LastingRefusal {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** @returns undefined if the handshake can be retried */
export function lastingRefusal(
  { status, message, code }: Pick<HandshakeFailure, 'status' | 'message' | 'code'>,
  pattern: string,
): LastingRefusal | undefined {
  switch (status) {
    case 401:
    case 403:
      return {
        message: `--from: ${message}; it takes a token (CARILLON_FROM_TOKEN, --from-token-file) that is valid and may "read" sys/events/subscribe/${pattern}`,
        exitCode: 2,
      };
    case 404:
      return lasting(
        `${message}: events endpoint not found; check --from and --from-namespace (Vault has events from 1.13 on, and since 1.16 only in its Enterprise edition)`,
      );
    case 431:
      return lasting(
        `${message}: the headers are too large for it or for what stands before it; a shorter token may help`,
      );
    case 0:
      return isTlsFailure(code) ? lasting(message) : undefined;
    default:
      return isRetryable(status) ? undefined : lasting(message);
  }
}

function lasting(message: string): LastingRefusal {
  return { message: `--from: ${message}`, exitCode: 1 };
}
