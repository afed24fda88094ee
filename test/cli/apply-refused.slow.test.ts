import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  MAX_APPLY_ERRORS,
  MAX_APPLY_FILE_BYTES,
  MAX_APPLY_FILES,
  MAX_APPLY_FOLDER_DEPTH,
  MAX_APPLY_REQUESTS,
} from '../../src/cli/apply/limits.ts';
import { ApplyFixture, POLICY } from '../support/apply.ts';
import { run } from '../support/run.ts';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));

const on = new ApplyFixture();

describe('what cannot be applied', () => {
  it.each([
    [[], 'there is no --folder <folder>; see "carillon diff --help"'],
    [['-f'], '--folder has no value'],
    [['-f', 'a', '--prunes'], 'unknown flag --prunes; did you mean --prune?'],
    [['-f', 'a', 'b'], 'the folder is an option: write -f <folder>'],
    [['-f', 'a', '--format', 'xml'], '--format is "xml"'],
    [['-f', '/no/such/folder'], 'cannot read /no/such/folder: there is no such file or folder'],
    [['-f', COMMAND], 'is a file; --folder takes the folder of the files'],
  ])('ends with 1, because 2 says that something would change: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(['diff', ...args], on.env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('is a folder with nothing in it, or nothing that is read', async () => {
    const empty = on.folder({ 'README.md': '', '.hidden/policies/a.hcl': POLICY, '.x.yaml': 'x' });
    expect((await on.diff(empty)).stderr).toContain(
      'has nothing to apply: no policies/*.hcl, *.yaml or *.json',
    );
    expect((await on.diff(on.folder({ 'a.yaml': '# nothing\n' }))).stderr).toContain(
      'declare nothing',
    );
  });

  it('is a file that is too long or not UTF-8', async () => {
    const path = on.folder({
      'policies/long.hcl': '#'.repeat(MAX_APPLY_FILE_BYTES + 1),
      'latin1.yaml': Uint8Array.of(0x6b, 0xe9),
    });
    const { code, stderr } = await on.diff(path);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}/latin1.yaml:1:1: the file is not UTF-8; save it as UTF-8\n`);
    expect(stderr).toContain(
      `${path}/policies/long.hcl:1:1: the file has ${MAX_APPLY_FILE_BYTES + 1} bytes, at most ${MAX_APPLY_FILE_BYTES} are allowed; divide it\n`,
    );
  });

  it('is a folder with more files than a bound', async () => {
    const path = on.folder({});
    for (let index = 0; index <= MAX_APPLY_FILES; index++) on.write(path, `${index}.yaml`, '');
    expect((await on.diff(path)).stderr).toBe(
      `carillon: ${path} has more than ${MAX_APPLY_FILES} files; divide it\n`,
    );
  });

  it('has so many errors that only the first are shown', async () => {
    const path = on.folder({ 'a.yaml': 'kind: x\n---\n'.repeat(MAX_APPLY_ERRORS + 1) });
    const { stderr } = await on.diff(path);
    expect(stderr.match(/unknown kind "x"/g)).toHaveLength(MAX_APPLY_ERRORS);
    expect(stderr).toContain(
      `there are ${MAX_APPLY_ERRORS + 1} errors in ${path}, of which the first ${MAX_APPLY_ERRORS} are shown; nothing was changed\n`,
    );
  });

  it('asks a server that is slow for a few objects at a time, and stops at its first failure', async () => {
    let open = 0;
    let most = 0;
    let asked = 0;
    const slow = createServer((_request, response) => {
      asked++;
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.writeHead(asked > 20 ? 500 : 404).end('{"errors":[]}');
      });
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const files = Array.from({ length: 100 }, (_, index) => [`policies/${index}.hcl`, POLICY]);
    const path = on.folder(Object.fromEntries(files) as Record<string, string>);
    const env = { ...on.env, VAULT_ADDR: `http://127.0.0.1:${port}`, VAULT_NAMESPACE: '' };
    const { code, stderr } = await run(['diff', '-f', path], env);
    slow.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^carillon: cannot read policy \d+: the server answered 500/);
    expect(most).toBeLessThanOrEqual(MAX_APPLY_REQUESTS);
    expect(asked).toBeLessThan(20 + 2 * MAX_APPLY_REQUESTS);
  });

  it('is a folder that links to itself, that is too deep, or a broken link', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    symlinkSync(path, join(path, 'again'));
    expect((await on.diff(path)).stderr).toContain('again is a link to a folder around it');
    const deep = on.folder({ [`${'d/'.repeat(MAX_APPLY_FOLDER_DEPTH + 1)}a.yaml`]: '' });
    expect((await on.diff(deep)).stderr).toContain(
      `is more than ${MAX_APPLY_FOLDER_DEPTH} folders deep`,
    );
    const broken = on.folder({ 'policies/a.hcl': POLICY });
    symlinkSync('/no/such/file', join(broken, 'b.yaml'));
    expect((await on.diff(broken)).stderr).toContain(
      `cannot read ${broken}/b.yaml: there is no such file or folder`,
    );
  });

  it('is a file whose name would write a line of its own into the log of a pipeline', async () => {
    const path = on.folder({ 'x\n::error::pwned.yaml': 'kind: nothing\n' });
    const { stderr } = await on.diff(path);
    expect(stderr).toContain('/x\\u000a::error::pwned.yaml:1:');
    expect(stderr).not.toMatch(/^::/m);
  });

  it('are files behind links, as Kubernetes mounts them', async () => {
    const path = on.folder({ '..data/a.yaml': 'kind: approle-role\nname: web\n' });
    symlinkSync('..data/a.yaml', join(path, 'a.yaml'));
    expect((await on.diff(path)).stdout).toContain('+ approle-role web\n1 to create');
  });

  it('has no server, or no token', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    const nowhere = { HOME: on.scratch, VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'x' };
    const { code, stderr } = await run(['diff', '-f', path], nowhere);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^carillon: cannot read policy a: cannot reach http:.* is the server running/,
    );
    const { VAULT_TOKEN: _, ...nobody } = on.env;
    expect((await run(['diff', '-f', path], nobody)).stderr).toContain('there is no token');
  });
});
