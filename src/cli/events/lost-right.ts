/** What commands that subscribe say of a subscription that ends or has a gap. */
import type { CarillonError } from '../../client/index.ts';

/** Whether a status says that a token has no right, or that a namespace does not exist. */
export function isLostRight(code: number): boolean {
  return code === 401 || code === 403 || code === 404;
}

/**
 * Whether the right to a subscription ended: its token, a policy or its namespace.
 *
 * @param wasConnected before that, a refusal says that there never was a right
 */
export function endsRight({ code, status = 0 }: CarillonError, wasConnected: boolean): boolean {
  return code === 'revoked' || (wasConnected && isLostRight(status));
}

/** Says that events may be missing before the next one. */
export function gapMessage(reason: string): string {
  return `events may be missing here (${reason})`;
}
