/** What a run takes of the processor, in milliseconds: what others take of it meanwhile does not count. */
function cpuMilliseconds(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The least of some attempts: collecting garbage and compiling are not there each time. */
export function leastCpuMilliseconds(run: () => unknown, attempts = 5): number {
  return Math.min(...Array.from({ length: attempts }, () => cpuMilliseconds(run)));
}

/** Runs what must not take longer than this; what seems to is given two more chances. */
export function inCpuTime<T>(maxMilliseconds: number, run: () => T): T {
  let result: T | undefined;
  const attempt = () => {
    result = run();
  };
  if (cpuMilliseconds(attempt) > maxMilliseconds) {
    const least = leastCpuMilliseconds(attempt, 2);
    if (least > maxMilliseconds) throw new Error(`took ${least} ms of the processor, and not once`);
  }
  return result as T;
}
