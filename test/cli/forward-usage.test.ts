/** How `carillon forward audit` is called, and how it is not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AuditEndpoint, entry } from '../support/audit-endpoint.ts';
import { run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
const log = join(scratch, 'audit.log');
writeFileSync(log, entry('a'));
const env = { CARILLON_SOURCE_SECRET: 'secret' };

it.each([
  [[], /<source> is missing/],
  [['bao'], /give one of --file and --socket/],
  [['--file', log, '--socket', ':1', 'bao'], /give one of --file and --socket/],
  [['--file', log, 'bao', 'vault'], /there are too many arguments/],
  [['--file', log, '..'], /"\.\." cannot be the name of a source/],
  [['--file', log, 'a/b'], /"a\/b" cannot be the name of a source/],
  [['--file', '', 'bao'], /a path is empty/],
  [['--socket', '9090', 'bao'], /--socket is "9090"; give it :port, host:port, or the path/],
  [['--socket', ':9090', '--from-start', 'bao'], /--state and --from-start are for --file/],
  [['--secret', 'x', 'bao'], /unknown flag --secret; did you mean --secret-file\?/],
])('%j is wrong use', async (args, message) => {
  const { code, stderr } = await run(['forward', 'audit', ...args], env);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/[Ss]ee "carillon forward audit --help"/);
});

it.each([
  [
    { CARILLON_SOURCE_SECRET: undefined },
    ['--file', log],
    /there is no secret of the source; set CAR/,
  ],
  [{ CARILLON_SOURCE_SECRET: 'a b' }, ['--file', log], /CARILLON_SOURCE_SECRET has a character/],
  [
    {},
    ['--file', log, '--secret-file', '/none'],
    /cannot read \/none: there is no such file or folder\n/,
  ],
  [{}, ['--file', log, '--address', 'bao:8200'], /--address is "bao:8200"; set it to a URL/],
  [{}, ['--file', scratch], /is not a file/],
  [
    {},
    ['--socket', join(scratch, 'none/a.sock')],
    /cannot listen on \S+a\.sock: its folder is not there\n/,
  ],
  [{}, ['--file', join(log, 'x')], /cannot read .*: a part of its path is a file, not a folder\n/],
])('%j %j ends with 1 before anything is sent', async (variables, args, message) => {
  const { code, stderr } = await run(['forward', 'audit', ...args, 'bao'], {
    ...env,
    ...variables,
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('a b');
});

it('--address and --secret-file count before the environment', async () => {
  await using endpoint = await AuditEndpoint.start();
  const secretFile = join(scratch, 'secret');
  writeFileSync(secretFile, 'from-file\n');
  const { child, finished } = start(
    [
      ...['forward', 'audit', '--file', log, '--from-start', '--state', join(scratch, 'state')],
      ...['--secret-file', secretFile, '--address', `${endpoint.address}/base/`, 'bao'],
    ],
    { ...env, VAULT_ADDR: 'http://127.0.0.1:1', VAULT_NAMESPACE: 'team-a' },
  );
  await endpoint.untilTaken('a');
  expect(endpoint.requests[0]).toMatchObject({
    url: '/base/v1/sys/events/in/bao?on_overload=block&reads=wait',
    headers: { 'x-vault-token': 'from-file', 'x-vault-namespace': 'team-a' },
  });
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 0 });
});
