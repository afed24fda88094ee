/** How soon a subscription ends whose token is revoked. */
import type { Server } from '../../../client/options.ts';
import { DOCTOR_TIMEOUT_MS, MAX_REVOCATION_MS } from '../limits.ts';
import { Probe } from '../probe.ts';
import { broken, type Finding, passed } from '../report.ts';
import { makeToken, revokeToken } from '../requests.ts';

const TTL_SECONDS = 300;

const TYPE = 'carillon-doctor/check';

export async function checkRevocation(server: Server): Promise<Finding> {
  const token = await makeToken(server, TTL_SECONDS);
  if (!token.ok) return broken(token.failure.message);
  const opened = await Probe.open(token.value, TYPE);
  if (!opened.ok) {
    await revokeToken(token.value);
    return broken(opened.failure.message);
  }
  const probe = opened.value;
  try {
    const before = performance.now();
    const revoked = await revokeToken(token.value);
    if (!revoked.ok) return broken(revoked.failure.message);
    await probe.until(() => !probe.isOpen);
    if (probe.isOpen) {
      return broken(`the subscription was still open ${DOCTOR_TIMEOUT_MS / 1000} s after`);
    }
    const { how, at } = await probe.ended;
    const ms = at - before;
    const again = await Probe.open(token.value, TYPE);
    if (again.ok) {
      again.value.cut();
      return broken('the revoked token could subscribe again');
    }
    const text = `${how} ${ms.toFixed(0)} ms after the request that revoked its token`;
    return ms > MAX_REVOCATION_MS
      ? broken(`${text}; at most ${MAX_REVOCATION_MS} ms are expected`, { revocation_ms: ms })
      : passed(text, { revocation_ms: ms });
  } finally {
    probe.cut();
  }
}
