/** What becomes of a command when its output cannot be written, and of files that never end. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ApplyFixture, POLICY } from '../support/apply.ts';
import { run, start } from '../support/run.ts';

const COMMAND = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url));
const on = new ApplyFixture();

/** Runs the command in a shell, which leads its output somewhere. */
async function shell(line: string): Promise<{ code: number | null; stderr: string }> {
  const child = execFile('sh', ['-c', `"$NODE" "$COMMAND" ${line}`], {
    env: { ...process.env, ...on.env, NODE: process.execPath, COMMAND },
  });
  let stderr = '';
  child.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  return { code: child.exitCode, stderr };
}

it.each(['table', 'json'])(
  'an apply makes its changes and says that its %s is lost',
  async (format) => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    const { code, stderr } = await shell(`apply -f ${path} --format ${format} >/dev/full`);
    expect(stderr).toBe(
      'created policy a\ncarillon: cannot write the output: there is no room left on its disk; the rest was done without it\n',
    );
    expect(code).toBe(1);
    expect((await on.diff(path)).code).toBe(0);
  },
);

it('events trigger publishes all events when its reader leaves', async () => {
  const { child, finished } = start(
    ['events', 'trigger', 'kv-v2/data-write', '--count=3000'],
    on.env,
  );
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await finished).toMatchObject({ code: 0, stderr: '3000 published\n' });
});

it.each([
  ['a device', '/dev/zero', 'the state file cannot be used: /dev/zero: it is no file'],
  ['nothing', '', 'the path of the state file is empty'],
])('a state file is not %s', async (_, file, message) => {
  const args = ['events', 'listen', '--forward-to=http://localhost:1/', `--state-file=${file}`];
  const { code, stderr } = await run(args, on.env);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `carillon: ${message}\n` });
});

it('a state file is not larger than any other input', async () => {
  const path = on.folder({ 'state.json': new Uint8Array(1024 * 1024 + 1) });
  const file = `--state-file=${path}/state.json`;
  const args = ['events', 'listen', '--forward-to=http://localhost:1/', file];
  const { code, stderr } = await run(args, on.env);
  expect(code).toBe(1);
  expect(stderr).toContain('it has more than 1048576 bytes');
});

it('a pipe in a folder is not waited for', async () => {
  const path = on.folder({ 'policies/a.hcl': POLICY });
  expect(spawnSync('mkfifo', [`${path}/b.yaml`]).status).toBe(0);
  expect((await on.diff(path)).stderr).toContain('/b.yaml:1:1: it is no file');
});
