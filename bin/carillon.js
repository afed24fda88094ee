#!/usr/bin/env node
// A clone runs its sources, and the package that npm installs runs what was built of them: the sources decide, so that a
// clone never runs an old build. Node runs TypeScript since 22.18.
import { existsSync } from 'node:fs';

const BUILT = new URL('../dist/cli/main.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (!existsSync(new URL('../src/cli', import.meta.url))) {
  if (existsSync(BUILT)) await import(BUILT.href);
  else {
    refuse(
      'this package of carillon was not built, because npm builds nothing that it installs from the address of a repository. Run "npm pack" in a clone after "npm ci", and install the file that it makes.',
    );
  }
} else if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../src/cli/main.ts');
} else {
  refuse(
    `in a clone, carillon needs Node 22.18 or newer and was started with ${process.versions.node}. Run it as "npx carillon" in its folder: that uses the Node that "npm ci" installed.`,
  );
}

function refuse(reason) {
  console.error(`carillon: ${reason}`);
  process.exitCode = 1;
}
