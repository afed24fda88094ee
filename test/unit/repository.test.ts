/** What the habits of the repository rely on: the changelogs, the entries for the next release, the editor's settings. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

describe('the version', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };

  it.each(['CHANGELOG.md', 'packages/client/CHANGELOG.md'])(
    'is the first of %s, which begins with its title, where changesets adds the next one',
    (name) => {
      expect(read(name)).toMatch(new RegExp(`^# .*\n\n## ${version}`));
    },
  );

  it('is that of both packages, and of the client that the examples depend on', () => {
    expect(JSON.parse(read('packages/client/package.json'))).toMatchObject({ version });
    for (const manifest of globSync('examples/*/package.json', { cwd: fileURLToPath(root) })) {
      const { dependencies = {} } = JSON.parse(read(manifest)) as {
        dependencies?: Readonly<Record<string, string>>;
      };
      const client = dependencies['@carillon/client'] ?? '';
      if (/^\d/.test(client)) expect(client, manifest).toBe(version);
    }
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

describe('the Deploy button', () => {
  it('explains only what it asks for: secrets of .dev.vars.example and variables of wrangler.toml', () => {
    const { cloudflare } = JSON.parse(read('package.json')) as {
      cloudflare: { bindings: Readonly<Record<string, { description: string }>> };
    };
    const asked = `${read('.dev.vars.example')}${read('wrangler.toml')}`;
    for (const name of Object.keys(cloudflare.bindings)) {
      expect(asked).toMatch(new RegExp(`^${name} ?=`, 'm'));
    }
    for (const [, secret] of read('.dev.vars.example').matchAll(/^([A-Z_]+)=/gm)) {
      expect(cloudflare.bindings).toHaveProperty(secret ?? '');
    }
  });
});
