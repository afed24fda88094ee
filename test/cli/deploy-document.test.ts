/** The settings that `docs/deploy.md` shows, tried with Wrangler as far as that needs no account. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = scratchFolder();
/** Wrangler finds files from the folder of the configuration. */
const config = readFileSync(join(root, 'wrangler.toml'), 'utf8').replace(
  /"(src\/worker\.ts|\.\/build\/[\w-]+\.ts)"/g,
  (_, path: string) => JSON.stringify(join(root, path)),
);
const document = readFileSync(join(root, 'docs/deploy.md'), 'utf8');

/** The block of the document that begins with this line. */
function block(line: string): string {
  const start = document.indexOf(`\`\`\`toml\n${line}\n`);
  expect(start, `docs/deploy.md has a block that begins with ${line}`).toBeGreaterThan(-1);
  return document.slice(start + 8, document.indexOf('```', start + 8));
}

/** What Wrangler says about deploying with this configuration. */
function dryRun(toml: string, environment: string): string {
  const file = join(folder, 'wrangler.toml');
  writeFileSync(file, toml);
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const args = ['deploy', '--dry-run', '--outdir', join(folder, 'out'), '--config', file];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [wrangler, ...args, `--env=${environment}`],
    {
      encoding: 'utf8',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    },
  );
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

/** The names of the bindings that Wrangler prints. */
const bindings = (output: string) => [...output.matchAll(/^env\.(\w+)/gm)].map(([, name]) => name);

describe('docs/deploy.md', () => {
  it('has an environment for staging with every binding of production, and no warning', () => {
    const both = `${config}\n${block('[env.staging]')}`;
    const staging = dryRun(both, 'staging');
    expect(staging).not.toContain('WARNING');
    expect(staging).toContain('env.CLUSTER_NAME ("carillon-staging")');
    expect(bindings(staging)).toEqual(bindings(dryRun(both, '')));
    expect(bindings(staging)).toContain('HUB');
  });

  it('has the lines for a domain and for the log that Wrangler reads', () => {
    const withDomain = config
      .replace('workers_dev = true\n', block('workers_dev = false'))
      .replace(/\[observability\]\n[\s\S]*?invocation_logs = false\n/, block('[observability]'));
    expect(withDomain).toContain('custom_domain = true');
    expect(withDomain).toContain('invocation_logs = true');
    expect(dryRun(withDomain, '')).not.toContain('WARNING');
  });
});
