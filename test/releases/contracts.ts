/** What Workers and objects send each other, and its text in each release: `test/fixtures/contracts.json`. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONTRACT_VERSION } from '../../src/objects/contract-version.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FILE = `${root}test/fixtures/contracts.json`;

interface RecordedContract {
  /** The first release that has it. */
  readonly release: string;
  readonly digest: string;
}

/** By the version of the contracts. */
export function recordedContracts(): Readonly<Record<string, RecordedContract>> {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, RecordedContract>;
}

/** Of the text of the contracts, without what means nothing: comments, imports and blanks. */
export function contractDigest(): string {
  const files = [
    ...globSync('src/objects/*-contract.ts', { cwd: root }).sort(),
    'src/subscription/handshake.ts',
  ];
  const text = files.map((file) => essenceOf(readFileSync(root + file, 'utf8'))).join('\n');
  return createHash('sha256').update(text).digest('hex');
}

function essenceOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(?<!:)\/\/.*/g, '')
    .replace(/^import [\s\S]*?;$/gm, '')
    .replace(/\s+/g, '');
}

/** Records the contracts of a release, if their version is new. */
export function recordContracts(release: string): void {
  const recorded = recordedContracts();
  if (recorded[CONTRACT_VERSION] !== undefined) return;
  const all = { ...recorded, [CONTRACT_VERSION]: { release, digest: contractDigest() } };
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
}
