/**
 * Runs changesets. It takes the root of a repository for a package only if the root is among its own workspaces, and such a
 * root makes npm warn at every `npm ci`. So the root is one only while changesets runs.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { inProject } from './paths.ts';

const MANIFEST = inProject('package.json');
const WORKSPACES = '"workspaces": [\n';
const ROOT_WORKSPACE = '    ".",\n';

function replaceInManifest(text: string, replacement: string): void {
  const manifest = readFileSync(MANIFEST, 'utf8');
  if (!manifest.includes(text)) throw new Error(`package.json has no ${JSON.stringify(text)}`);
  writeFileSync(MANIFEST, manifest.replace(text, replacement));
}

replaceInManifest(WORKSPACES, WORKSPACES + ROOT_WORKSPACE);
try {
  const { status } = spawnSync(
    inProject('tools/node_modules/.bin/changeset'),
    process.argv.slice(2),
    { cwd: inProject(''), stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  replaceInManifest(WORKSPACES + ROOT_WORKSPACE, WORKSPACES);
}
