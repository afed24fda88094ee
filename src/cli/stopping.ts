/** How commands stop when the user, or a service manager, asks them to. */
import { platformRuntime } from '../client/platform.ts';
import { sleep } from '../client/sleep.ts';
import type { ExitCode } from './command.ts';
import { STOP_MS } from './limits.ts';

export interface Stopping {
  /** Aborted first: the command begins nothing new and retries nothing. */
  readonly stop: AbortSignal;
  /** Aborted `STOP_MS` later: the command gives up what it is doing. */
  readonly deadline: AbortSignal;
}

export class GracefulStop implements Stopping {
  readonly #stop = new AbortController();
  readonly #deadline = new AbortController();

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get deadline(): AbortSignal {
    return this.#deadline.signal;
  }

  begin(): void {
    if (this.stop.aborted) return;
    this.#stop.abort();
    setTimeout(() => this.#deadline.abort(), STOP_MS).unref();
  }
}

/** Stops at Ctrl-C and SIGTERM. A user who asks twice does not want to wait. */
export function stopOnSignals(): GracefulStop {
  const stopping = new GracefulStop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping.stop.aborted) process.exit(130);
      stopping.begin();
    });
  }
  return stopping;
}

/** Aborted with the exit code of the command: 130 at Ctrl-C and SIGTERM, 0 when the time is over. */
export function exitSignal(timeoutMs: number | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (exitCode: ExitCode) => () => controller.abort(exitCode);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort(130));
  if (timeoutMs !== undefined) setTimeout(abort(0), timeoutMs).unref();
  return controller.signal;
}

/** Aborted at any of these signals. */
export function signalled(...signals: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** A wait that the signal can end early. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(platformRuntime(), milliseconds, signal);
}
