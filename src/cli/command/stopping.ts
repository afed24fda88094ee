/** How commands stop when the user, or a service manager, asks them to. */
import { platformRuntime } from '../../client/platform.ts';
import { sleep } from '../../client/sleep.ts';
import { STOP_MS } from '../limits.ts';
import type { ExitCode } from './command.ts';

export interface Stopping {
  /** Aborted first: the command begins nothing new and retries nothing. */
  readonly stop: AbortSignal;
  /** Aborted `STOP_MS` later: the command gives up what it is doing. */
  readonly deadline: AbortSignal;
  begin(): void;
}

/** Stops at Ctrl-C and SIGTERM. A user who asks twice does not want to wait. */
export function stopOnSignals(): Stopping {
  const deadline = new AbortController();
  const stop = new AbortController();
  const begin = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    setTimeout(() => deadline.abort(), STOP_MS).unref();
  };
  onSignals(['SIGINT', 'SIGTERM'], () => {
    if (stop.signal.aborted) process.exit(130);
    begin();
  });
  return { stop: stop.signal, deadline: deadline.signal, begin };
}

/** Aborted with the exit code of the command: 130 at Ctrl-C and SIGTERM, 0 when the time is over. */
export function exitSignal(timeoutMs: number | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (exitCode: ExitCode) => controller.abort(exitCode);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort(130));
  if (timeoutMs !== undefined) setTimeout(() => abort(0), timeoutMs).unref();
  return controller.signal;
}

export function onSignals(signals: readonly NodeJS.Signals[], listener: () => void): void {
  for (const signal of signals) process.on(signal, listener);
}

/** A wait that the signal can end early. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(platformRuntime(), milliseconds, signal);
}
