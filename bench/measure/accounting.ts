/** The operating system's accounting: CPU of a process, memory, and CPU that the host took away. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Ticks of `/proc/stat` a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU that the threads of a process have used so far, microseconds. The scheduler counts in nanoseconds
 * what `/proc/<pid>/stat` rounds to 10 ms; where it does not say, that is taken.
 */
export function cpuMicroseconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + threadNanoseconds(pid, thread), 0) / 1000;
  } catch {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
    return ((user + system) / TICKS_PER_SECOND) * 1e6;
  }
}

function threadNanoseconds(pid: number, thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
}

/** Memory that a process holds, bytes; shared pages of its binary apart. */
export function memoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** CPU that the host gave to others so far, seconds over all cores. */
export function stolenSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  return Number(first.split(/\s+/)[8] ?? 0) / TICKS_PER_SECOND;
}

/** What the figures were measured on. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return `${cpus().length} cores of ${model}, Linux ${kernel}`;
}
