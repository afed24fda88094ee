/** What the habits of the repository rely on: the changelogs, the entries for the next release, the editor's settings. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const PACKAGES = ['carillon', '@carillon/client'];
const CHANGE = /^---\n(?<front>(?:"[^"]+": (?:minor|patch)\n)+)---\n\n(?<text>\S[\s\S]*\n)$/;

const changes = readdirSync(new URL('.changeset/', root)).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);

describe('.changeset', () => {
  it('has entries that name packages of this repository and say what changed', () => {
    for (const name of changes) {
      const groups = CHANGE.exec(read(`.changeset/${name}`))?.groups;
      expect(groups, `.changeset/${name} has the form of .changeset/README.md`).toBeDefined();
      const names = [...(groups?.front ?? '').matchAll(/"([^"]+)"/g)].map(([, found]) => found);
      expect(PACKAGES, name).toEqual(expect.arrayContaining(names));
      expect(groups?.text, name).not.toMatch(/^[a-z]+(\([^)]*\))?: /);
    }
  });
});

describe('CHANGELOG.md', () => {
  it('begins with its title, and the released version below it, where changesets adds the next one', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read('CHANGELOG.md')).toMatch(new RegExp(`^# Changelog\n\n## ${version}`));
  });
});

describe('.editorconfig', () => {
  it('says what Biome formats', () => {
    const { formatter } = JSON.parse(read('biome.json')) as {
      formatter: { indentStyle: string; lineWidth: number };
    };
    const settings = read('.editorconfig');
    expect(settings).toContain(`indent_style = ${formatter.indentStyle}`);
    expect(settings).toContain(`max_line_length = ${formatter.lineWidth}`);
  });
});

describe('.github/workflows', () => {
  const workflows = readdirSync(new URL('.github/workflows/', root));

  it.each(workflows)('%s pins each action to a commit, with its version beside it', (name) => {
    const uses = [...read(`.github/workflows/${name}`).matchAll(/uses: (.*)/g)].map(([, it]) => it);
    for (const use of uses.filter((it) => !it?.startsWith('./'))) {
      expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it.each(workflows)('%s may only read, unless a job says what it needs', (name) => {
    expect(read(`.github/workflows/${name}`)).toContain('\npermissions:\n  contents: read\n');
  });
});
