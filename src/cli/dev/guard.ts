/**
 * Runs beside the local server, its standard input a pipe from it. When the pipe closes, the server is
 * gone, however it went: workerd is ended and a temporary folder removed.
 *
 * Usage: node guard.ts <pid of workerd> [<temporary folder>]
 */
import { rmSync } from 'node:fs';

const [pid, temporaryFolder] = process.argv.slice(2);

process.stdin.resume().once('end', () => {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It is gone already.
  }
  if (temporaryFolder !== undefined) rmSync(temporaryFolder, { recursive: true, force: true });
});
