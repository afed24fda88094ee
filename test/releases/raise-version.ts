/**
 * Writes the version of `package.json` to where else it is: the code, the Python client, and the examples, which depend on
 * the client.
 * `npm run release:version` calls it, after changesets has raised the version of the packages.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));

function replace(file: string, place: RegExp): void {
  const path = `${root}${file}`;
  const text = readFileSync(path, 'utf8');
  if (!place.test(text)) throw new Error(`${file} has no version`);
  writeFileSync(path, text.replace(place, `$1${packageJson.version}$2`));
}

replace('src/lib/version.ts', /(VERSION = ')[^']*(')/);
replace('client/python/pyproject.toml', /(\nversion = ")[^"]*(")/);
for (const manifest of globSync('examples/*/package.json', { cwd: root })) {
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}${manifest}`, 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  // One that npm installs from this repository has no version.
  if (/^\d/.test(dependencies['@carillon/client'] ?? '')) {
    replace(manifest, /("@carillon\/client": ")[^"]*(")/);
  }
}
