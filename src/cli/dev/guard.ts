/**
 * A process beside the local server, with a pipe from it as standard input. The pipe closes when the server ends, even
 * if it was killed. Then the guard ends workerd and removes a temporary folder.
 *
 * Usage: node guard.ts <pid of workerd> [<temporary folder>]
 */
import { rmSync } from 'node:fs';

const [pid, temporaryFolder] = process.argv.slice(2);

process.stdin.resume().once('end', () => {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // workerd has ended already.
  }
  if (temporaryFolder !== undefined) rmSync(temporaryFolder, { recursive: true, force: true });
});
