/** The licences of the packages whose code a bundle contains. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Wrangler would upload a file of the Worker's folder that ends with .txt.
const FILE = 'THIRD-PARTY-LICENSES.md';

/** Folder of a package below `node_modules`, at the beginning of the path of a module. */
const PACKAGE = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/**
 * Writes the licences to a file.
 *
 * @param modules paths of the modules in the bundle
 * @throws if a package has no licence, because then its code may not be shipped
 */
export function writeLicences(modules: Iterable<string>, folder: string): void {
  const packages = new Set<string>();
  for (const path of modules) {
    const [, found] = PACKAGE.exec(path) ?? [];
    if (found !== undefined) packages.add(found);
  }
  const texts = [...packages].map(licenceOf).sort();
  writeFileSync(
    join(folder, FILE),
    `# Third-party licenses\n\nThe files of this folder contain code of these packages.\n\n${texts.join('\n')}`,
  );
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string };
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (license === undefined && file === undefined) throw new Error(`${name} has no licence`);
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `## ${name} ${version} (${license ?? 'see below'})\n\n\`\`\`\n${text}\n\`\`\`\n`;
}
