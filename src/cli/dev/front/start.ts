/** Runs workerd behind a front, which clients call in its place. */
import { ok } from '../../../lib/result.ts';
import type { CommandResult } from '../../command/command.ts';
import { loopbackOf } from '../address.ts';
import { type LocalServer, type Start, startWorkerd } from '../workerd.ts';
import { startFront } from './front.ts';

export async function startBehindFront(start: Start): Promise<CommandResult<LocalServer>> {
  const host = loopbackOf(start.host);
  const workerd = await startWorkerd({ ...start, host, port: 0 });
  if (!workerd.ok) return workerd;
  const { port, died, stop } = workerd.value;
  const front = await startFront(start, { host, port });
  if (!front.ok) {
    await stop();
    return front;
  }
  return ok({
    ...workerd.value,
    port: front.value.port,
    died: died.finally(() => front.value.end()),
    stop: () => {
      front.value.close();
      return stop();
    },
  });
}
