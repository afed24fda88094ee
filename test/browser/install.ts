/**
 * Installs what only the tests in a browser need, unless it is there: a browser of 60 MB, and the packages of the React
 * example. `npm ci` in the root of the project stays small.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

for (const folder of ['test/browser', 'examples/react-hook']) {
  if (!isInstalled(join(ROOT, folder))) npm('ci', '--prefix', folder);
}
npm('run', 'build:client');
npm('run', 'build', '--prefix', 'examples/react-hook');

/** npm writes a list of what it has installed. */
function isInstalled(folder: string): boolean {
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
}

function npm(...args: string[]): void {
  execFileSync('npm', [...args, '--silent'], { cwd: ROOT, stdio: 'inherit' });
}
