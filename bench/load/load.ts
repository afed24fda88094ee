/** The load process, as whoever measures sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadMethods, OpenAudience, Replay, Run, RunResult } from './protocol.ts';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export class Load implements LoadMethods {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('process.ts', import.meta.url)));
    this.#child.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`the load process ended with exit code ${code}`));
      }
    });
  }

  open(audience: OpenAudience): Promise<number> {
    return this.#call('open', audience) as Promise<number>;
  }

  leave(audience: number): Promise<void> {
    return this.#call('leave', audience) as Promise<void>;
  }

  pause(audience: number, paused: boolean): Promise<void> {
    return this.#call('pause', audience, paused) as Promise<void>;
  }

  run(run: Run): Promise<RunResult> {
    return this.#call('run', run) as Promise<RunResult>;
  }

  replay(replay: Replay): Promise<RunResult> {
    return this.#call('replay', replay) as Promise<RunResult>;
  }

  strayed(audience: number): Promise<string[]> {
    return this.#call('strayed', audience) as Promise<string[]>;
  }

  /** Ends the process; its sockets break off. */
  stop(): void {
    this.#child.disconnect();
  }

  #call(method: keyof LoadMethods, ...parameters: unknown[]): Promise<unknown> {
    const id = this.#calls++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, method, parameters });
    return waiting.promise;
  }
}
