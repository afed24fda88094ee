#!/usr/bin/env node
// Node runs the TypeScript of the command since 22.18. npm scripts and npx use the Node of node_modules. An older Node
// gets a message instead of a syntax error.
const isInstalled = import.meta.url.includes('/node_modules/');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (isInstalled) {
  console.error(
    'carillon runs in a clone of its repository only, because Node runs no TypeScript below node_modules; the installed package has the client, "carillon/client". In the clone, run "npm ci" and then "npx carillon".',
  );
  process.exitCode = 1;
} else if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../src/cli/main.ts');
} else {
  console.error(
    `carillon needs Node 22.18 or newer and was started with ${process.versions.node}. Run it as "npx carillon" in its folder: that uses the Node that "npm ci" installed.`,
  );
  process.exitCode = 1;
}
