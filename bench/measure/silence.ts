/** For how long a server answers nobody: somebody asks it all the time, and each answer is waited for. */
import type { Server } from '../contestants/server.ts';
import { cpuMicroseconds } from './accounting.ts';

export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Asked by POST. */
  readonly body?: string;
}

/** What a server costs others while something is done. */
export interface Silence {
  /** The longest that an answer took, milliseconds. */
  readonly longest: number;
  /** The CPU that the server took while one waited, at most, milliseconds: the wait on a machine of its own. */
  readonly busiest: number;
  readonly answers: number;
  /** What was answered otherwise than with 200. */
  readonly failures: readonly string[];
}

const PAUSE_MS = 2;

/** Asks each question again and again while `action` is under way. */
export async function silenceDuring(
  { port, pid }: Server,
  questions: readonly Question[],
  action: () => Promise<void>,
): Promise<Silence> {
  const latencies: number[] = [];
  const busy: number[] = [];
  const failures: string[] = [];
  let isOver = false;
  const ask = async ({ path, headers, body }: Question) => {
    while (!isOver) {
      const begin = performance.now();
      const cpu = cpuMicroseconds(pid);
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers,
        ...(body !== undefined && { method: 'POST', body }),
      });
      const text = await response.text();
      latencies.push(performance.now() - begin);
      busy.push((cpuMicroseconds(pid) - cpu) / 1000);
      if (response.status !== 200) failures.push(`${path}: ${response.status} ${text}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const asking = questions.map(ask);
  try {
    await action();
  } finally {
    isOver = true;
    await Promise.all(asking);
  }
  return {
    longest: Math.max(...latencies),
    busiest: Math.max(...busy),
    answers: latencies.length,
    failures,
  };
}
