/** Builds the client once: the examples import the package `@carillon/client`, which npm links to its folder. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './support.ts';

export default function setup(): void {
  execFileSync(process.execPath, [join(ROOT, 'build/main.ts'), 'client'], { cwd: ROOT });
}
