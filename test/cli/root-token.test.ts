import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { commandLineOf, guardOf, workerdOf } from '../support/processes.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const TOKEN = 'a-root-token-1234';
const isLinux = process.platform === 'linux';

const scratch = scratchFolder();
const file = join(scratch, "the token's file");
writeFileSync(file, `${TOKEN}\n`);

/** The status of a request that only the root token may make. */
async function statusWith(token: string, address: string): Promise<number> {
  const headers = { 'X-Vault-Token': token };
  return (await fetch(`${address}/v1/auth/token/lookup-self`, { headers })).status;
}

describe('the root token of the local server', () => {
  const kinds: Record<string, () => Promise<LocalServer>> = {
    'a file': () => startLocalServer(['--root-token-file', file]),
    'the environment': () => startLocalServer([], undefined, { ROOT_TOKEN: TOKEN }),
  };
  it.each(Object.keys(kinds))('is read from %s, and printed nowhere', async (kind) => {
    const server = (await kinds[kind]?.()) as LocalServer;
    expect(await statusWith(TOKEN, server.address)).toBe(200);
    expect(server.output()).not.toContain(TOKEN);
    if (isLinux) {
      for (const pid of [server.process.pid ?? 0, workerdOf(server), guardOf(server)]) {
        expect(commandLineOf(pid)).not.toContain(TOKEN);
      }
    }
    await server.stop();
  });

  it('is named in the banner by words that a shell makes it of', async () => {
    const byFile = await startLocalServer(['--root-token-file', file]);
    const words = `"$(tr -cd '\\41-\\176' <'${file.replace("'", `'\\''`)}')"`;
    expect(byFile.output()).toContain(`VAULT_TOKEN=${words}\n`);
    expect(byFile.output()).toContain(`-H "X-Vault-Token: ${words.slice(1)}`);
    await byFile.stop();
    const byVariable = await startLocalServer([], undefined, { ROOT_TOKEN: TOKEN });
    expect(byVariable.output()).toContain('VAULT_TOKEN="$ROOT_TOKEN"\n');
    // It is empty in another terminal. Pasted as it stands, this line is an error and not a token.
    expect(byVariable.output()).toContain('  export ROOT_TOKEN=<…>\n');
    expect(byFile.output()).not.toContain('export ROOT_TOKEN');
    await byVariable.stop();
  });

  it('is what the words of the banner make, whatever an editor has put around it', async () => {
    const around = `\ufeff ${TOKEN}\t\r\n\r\n`;
    const odd = join(scratch, 'odd');
    writeFileSync(odd, around);
    for (const [args, env] of [
      [['--root-token-file', odd], {}],
      [[], { ROOT_TOKEN: around }],
    ] as const) {
      const server = await startLocalServer([...args], undefined, env);
      const line = /^ *export VAULT_ADDR=.*$/m.exec(server.output())?.[0];
      const script = `${line}; printf %s "$VAULT_TOKEN"`;
      const shell = spawnSync('sh', ['-c', script], { env: { ...process.env, ...env } });
      expect(shell.stdout.toString()).toBe(TOKEN);
      expect(await statusWith(TOKEN, server.address)).toBe(200);
      await server.stop();
    }
  });

  // The server of the tests runs in the temporary folder.
  it('is found by the words of the banner from another folder too', async () => {
    const server = await startLocalServer(['--root-token-file', relative(tmpdir(), file)]);
    expect(server.output()).toContain(`<'${file.replace("'", `'\\''`)}')`);
    await server.stop();
  });

  it.skipIf(process.platform === 'win32')(
    'is warned of where everybody can read its file',
    async () => {
      const open = join(scratch, 'open');
      for (const [mode, warns] of [
        [0o644, true],
        [0o600, false],
      ] as const) {
        writeFileSync(open, TOKEN);
        chmodSync(open, mode);
        const server = await startLocalServer(['--root-token-file', open]);
        const warning = `warning: every user of this machine can read the secret in ${open} (mode 644); run "chmod 600" on it\n`;
        expect(server.output().includes(warning)).toBe(warns);
        await server.stop();
      }
    },
  );

  it('is read from standard input', async () => {
    const { child, stderrMatching } = start(['dev', '--port', '0', '--root-token-file', '-']);
    child.stdin.end(`${TOKEN}\n`);
    const banner = await stderrMatching(/VAULT_ADDR=\S+ /);
    const address = /VAULT_ADDR=(\S+) /.exec(banner)?.[1] ?? '';
    expect(await statusWith(TOKEN, address)).toBe(200);
    child.kill('SIGINT');
  });

  it('is that of an option before that of the environment', async () => {
    const server = await startLocalServer(['--root-token', 'other'], undefined, {
      ROOT_TOKEN: TOKEN,
    });
    expect(await statusWith('other', server.address)).toBe(200);
    expect(await statusWith(TOKEN, server.address)).toBe(403);
    await server.stop();
  });

  it.each([
    [{ ROOT_TOKEN: 'short' }, [], 'ROOT_TOKEN has 5 characters, and --host 0.0.0.0'],
    [{ ROOT_TOKEN: 'with a blank' }, [], 'ROOT_TOKEN must be printable ASCII'],
    [{}, ['--root-token-file', '/dev/null'], 'the token of --root-token-file is empty'],
  ])('is refused as wrong usage: %j %j', async (env, args, message) => {
    const { code, stderr } = await run(['dev', '--host', '0.0.0.0', ...args], env);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('is refused where its file cannot be read', async () => {
    const { code, stderr } = await run(['dev', '--root-token-file', join(scratch, 'none')]);
    expect(code).toBe(1);
    expect(stderr).toContain('carillon: cannot read');
  });
});
