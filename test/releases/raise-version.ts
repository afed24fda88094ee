/**
 * Writes the version of `package.json` to where the code has it. `npm run release:version` calls it, after changesets has
 * raised the version of the packages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import packageJson from '../../package.json' with { type: 'json' };

const file = new URL('../../src/lib/version.ts', import.meta.url);
const before = readFileSync(file, 'utf8');
const after = before.replace(/(VERSION = ')[^']*(')/, `$1${packageJson.version}$2`);
if (!after.includes(`'${packageJson.version}'`)) throw new Error(`no VERSION in ${file.pathname}`);
writeFileSync(file, after);
