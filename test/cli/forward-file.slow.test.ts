/** `carillon forward audit --file`: real logs, real rotation, a server that fails in all ways it can. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditEndpoint, entry } from '../support/audit-endpoint.ts';
import { type Running, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();

let endpoint: AuditEndpoint;
let log: string;
let forwarders: Running[];

beforeEach(async () => {
  endpoint = await AuditEndpoint.start();
  log = join(mkdtempSync(join(scratch, 'log-')), 'audit.log');
  forwarders = [];
});
afterEach(async () => {
  endpoint.release();
  for (const { child } of forwarders) child.kill('SIGKILL');
  await endpoint[Symbol.asyncDispose]();
});

function forward(...args: string[]): Running {
  const forwarder = start(['forward', 'audit', '--file', log, ...args, 'bao'], {
    VAULT_ADDR: endpoint.address,
    VAULT_NAMESPACE: undefined,
    CARILLON_SOURCE_SECRET: 'secret-of-bao',
  });
  forwarders.push(forwarder);
  return forwarder;
}

/** Forwards, and is at its place in the log. */
async function forwarding(...args: string[]): Promise<Running> {
  const forwarder = forward(...args);
  await forwarder.stderrMatching(/^forwarding /m);
  return forwarder;
}

function append(...ids: string[]): void {
  for (const id of ids) appendFileSync(log, entry(id));
}

async function stopped({ child, finished }: Running) {
  child.kill('SIGTERM');
  return finished;
}

function stateOf(path = `${log}.carillon`): { offset: number } {
  return JSON.parse(readFileSync(path, 'utf8')) as { offset: number };
}

/** `a0`, `a1`, … */
function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

describe('carillon forward audit --file', () => {
  it('sends what is answered from now on, with the secret, and keeps its place', async () => {
    append('before');
    const forwarder = await forwarding();
    appendFileSync(log, entry('asked', { type: 'request' }));
    append('a', 'b');
    await endpoint.untilTaken('b');
    expect(await stopped(forwarder)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('3 entries read, 2 events accepted, 0 duplicates, nothing'),
    });
    expect(endpoint.taken).toEqual(['a', 'b']);
    expect(endpoint.requests[0]).toMatchObject({
      url: '/v1/sys/events/in/bao?on_overload=block&reads=wait',
      headers: { 'x-vault-token': 'secret-of-bao' },
    });
    expect(stateOf().offset).toBe(readFileSync(log).length);

    append('c');
    await forwarding();
    await endpoint.untilTaken('c');
    expect(endpoint.requests.flatMap((request) => request.ids)).toEqual(['a', 'b', 'c']);
  });

  it('begins at the start of a log with --from-start, and in requests that are bounded', async () => {
    const all = ids('', 700);
    writeFileSync(log, all.map((id) => entry(id, { padding: 1000 })).join(''));
    await forwarding('--from-start');
    await endpoint.untilTaken('699');
    expect(endpoint.taken).toEqual(all);
    expect(endpoint.requests.length).toBeGreaterThanOrEqual(3);
    for (const { headers } of endpoint.requests) {
      expect(Number(headers['content-length'])).toBeLessThanOrEqual(262_144);
    }
  });

  it('waits for a log that is not there yet, and takes all of it', async () => {
    const forwarder = forward();
    await forwarder.stderrMatching(/waiting for .*audit\.log: there is no such file or folder\n/);
    forwarder.child.kill('SIGKILL');
    await forwarder.finished;
    append('a');
    await forwarding();
    await endpoint.untilTaken('a');
  });

  it('waits for the rest of a line, over a restart as well', async () => {
    const whole = entry('b');
    append('a');
    appendFileSync(log, whole.slice(0, 30));
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    const { stderr } = await stopped(forwarder);
    expect(stderr).toContain('30 B behind');
    const again = await forwarding();
    appendFileSync(log, whole.slice(30));
    await endpoint.untilTaken('b');
    expect((await stopped(again)).stderr).not.toContain('passed over');
  });

  it('begins at a line that is not whole when it begins at the end', async () => {
    append('a');
    const whole = entry('b');
    appendFileSync(log, whole.slice(0, 30));
    await forwarding();
    appendFileSync(log, whole.slice(30));
    await endpoint.untilTaken('b');
    expect(endpoint.taken).toEqual(['b']);
  });

  it('passes over what cannot be an entry, and says where it stands', async () => {
    append('a');
    const offset = readFileSync(log).length;
    appendFileSync(log, `${'x'.repeat(1_048_576)}\n`);
    append('b');
    const { stderrMatching } = await forwarding('--from-start');
    await endpoint.untilTaken('b');
    const long = `the line at offset ${offset}, of 1048576 bytes, is passed over: longer than 1048575`;
    await stderrMatching(new RegExp(long));
    expect(endpoint.taken).toEqual(['a', 'b']);
  });
});

describe('rotation', () => {
  it('by rename: finishes the old file, which is still written to, then takes the new one', async () => {
    append('a');
    const { stderrMatching } = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    renameSync(log, `${log}.1`);
    writeFileSync(log, '');
    await stderrMatching(/audit\.log is a new file \(inode \d+\) and has nothing yet/);
    appendFileSync(`${log}.1`, entry('b'));
    await endpoint.untilTaken('b');
    appendFileSync(`${log}.1`, entry('c'));
    append('d');
    await endpoint.untilTaken('d');
    expect(endpoint.requests.flatMap((request) => request.ids)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('by rename: takes no fright at the file being compressed', async () => {
    append('a');
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    renameSync(log, `${log}.1`);
    const compressed = gzipSync(readFileSync(`${log}.1`));
    writeFileSync(`${log}.1.gz`, compressed.subarray(0, 10));
    append('b');
    await endpoint.untilTaken('b');
    // Done: as compressors leave it, with the time of the file that it was.
    const { atime, mtime } = statSync(`${log}.1`);
    writeFileSync(`${log}.2.gz`, compressed);
    utimesSync(`${log}.2.gz`, atime, mtime);
    rmSync(`${log}.1`);
    rmSync(`${log}.1.gz`);
    renameSync(log, `${log}.1`);
    append('c');
    await endpoint.untilTaken('c');
    expect((await stopped(forwarder)).stderr).not.toContain('warning');
    expect(endpoint.taken).toEqual(['a', 'b', 'c']);
  });

  it('by rename, several times while the server is away: takes every file in its order', async () => {
    append('a');
    const { stderrMatching } = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    await endpoint.leave();
    append('b');
    await stderrMatching(/cannot reach .*; trying again/);
    renameSync(log, `${log}-20261121`);
    append('c');
    renameSync(log, `${log}-20261122`);
    append('d');
    await endpoint.listen();
    await endpoint.untilTaken('d');
    expect(endpoint.requests.flatMap((request) => request.ids)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('by rename, where the log is a symbolic link: the files are beside what it leads to', async () => {
    const target = join(mkdtempSync(join(scratch, 'target-')), 'bao.log');
    symlinkSync(target, log);
    append('a');
    const { stderrMatching } = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    await endpoint.leave();
    append('b');
    await stderrMatching(/cannot reach .*; trying again/);
    renameSync(target, `${target}.2`);
    append('c');
    renameSync(target, `${target}.1`);
    append('d');
    await endpoint.listen();
    await endpoint.untilTaken('d');
    expect(endpoint.requests.flatMap((request) => request.ids)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('by rename: takes the state of another forwarder beside the log for no log', async () => {
    append('a');
    const first = await forwarding('--from-start');
    const second = await forwarding('--from-start', '--state', `${log}.2.json`);
    await endpoint.until('both', () => endpoint.requests.length === 2);
    renameSync(log, `${log}.1`);
    append('b');
    await endpoint.until('both', () => endpoint.requests.length === 4);
    for (const forwarder of [first, second]) {
      expect((await stopped(forwarder)).stderr).not.toMatch(/\.(?:json|carillon) from offset/);
    }
    expect(endpoint.requests.map(({ ids }) => ids)).toEqual([['a'], ['a'], ['b'], ['b']]);
  });

  it('by copy and truncation: takes from the copy what it had not read', async () => {
    append('a');
    const { stderrMatching } = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    endpoint.behave = (_, number) => (number === 1 ? 'hold' : 'take');
    append('b');
    await endpoint.until('a second request', () => endpoint.requests.length === 2);
    append('c');
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    // As long as the old one, so that its length tells nothing.
    append('d', 'e', 'f');
    endpoint.release();
    await endpoint.untilTaken('f');
    await stderrMatching(/audit\.log was truncated after offset \d+\n/);
    expect(endpoint.requests.flatMap((r) => r.ids)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('while it is not running: goes on in the file that it was in, wherever that went', async () => {
    append('a');
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    await stopped(forwarder);
    // As far apart as the clock says that they were written, and not within one of its ticks.
    const writtenIn = (path: string, seconds: number) =>
      utimesSync(path, seconds, Date.now() / 1000 + seconds);
    append('b');
    renameSync(log, `${log}.2`);
    writtenIn(`${log}.2`, 10);
    append('c');
    renameSync(log, `${log}.1`);
    writtenIn(`${log}.1`, 20);
    append('d');
    copyFileSync(log, `${log}.0`);
    writtenIn(`${log}.0`, 30);
    truncateSync(log);
    append('e');
    const again = await forwarding();
    await endpoint.untilTaken('e');
    const { stderr } = await stopped(again);
    expect(endpoint.taken).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(stderr).not.toContain('warning');
  });

  it('says what may be missing where the file is gone, and goes on', async () => {
    append('a');
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    await stopped(forwarder);
    const { offset } = stateOf();
    append('b');
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    rmSync(log);
    append('c');
    const again = await forwarding();
    await endpoint.untilTaken('c');
    const { stderr } = await stopped(again);
    expect(stderr).toContain(`the file that was forwarded up to offset ${offset} (inode `);
    expect(
      stderr.match(/audit\.log\.1\.gz may have entries that were not forwarded/g),
    ).toHaveLength(1);
    expect(endpoint.taken).toEqual(['a', 'c']);
  });

  it('knows that an inode was used again', async () => {
    append('a');
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('a');
    await stopped(forwarder);
    // The same inode, longer, and another log.
    writeFileSync(log, `${entry('b')}${entry('c')}`);
    await forwarding();
    await endpoint.untilTaken('c');
    expect(endpoint.taken).toEqual(['a', 'b', 'c']);
  });
});

describe('a server that fails', () => {
  it('is asked again until it has everything, in order', async () => {
    const answers: ReturnType<AuditEndpoint['behave']>[] = [
      { status: 503, headers: { 'Retry-After': '1' }, body: '{"errors":["busy"]}' },
      'take and break',
      { status: 429 },
      { status: 502, body: '<html>' },
    ];
    endpoint.behave = (_, number) => answers[number] ?? 'take';
    append('a');
    const forwarder = await forwarding('--from-start');
    await endpoint.until('a fifth request', () => endpoint.requests.length >= 5);
    append('b');
    await endpoint.untilTaken('b');
    const { stderr } = await stopped(forwarder);
    expect(endpoint.requests.map((request) => request.ids)).toEqual([
      ...Array.from({ length: 5 }, () => ['a']),
      ['b'],
    ]);
    expect(stderr).toMatch(/answered 503: busy; it asks to wait 1 s; trying again in 1\.\d s\n/);
    expect(stderr).toMatch(/the server answers again\n/);
    expect(stderr).toContain('2 entries read, 1 events accepted, 1 duplicates');
  });

  it.each([
    [401, /answered 401: no; give a secret of the source "bao" in CARILLON_SOURCE_SECRET/],
    [403, /answered 403: no; give a secret/],
    [404, /answered 404: no; make the source "bao" at http/],
    [400, /answered 400: no; see that http.* of the kind vault-audit/],
    [307, /redirects to http:\/\/other\.test, which would be sent the token; .*see that http/],
    [200, /answered 200 without data; is it the address of the server\?; see that/],
  ])('ends with 2 at %i, says what to do, and stays where it was', async (status, message) => {
    append('a', 'b');
    endpoint.behave = () => ({
      status,
      headers: { Location: 'http://other.test/elsewhere' },
      body: '{"errors":["no"]}',
    });
    const { code, stderr } = await forward('--from-start').finished;
    expect({ code, offset: stateOf().offset }).toEqual({ code: 2, offset: 0 });
    expect(stderr).toMatch(message);
    expect(endpoint.requests).toHaveLength(1);
  });

  it('ends with 2 where it does not say what it accepted: it has taken nothing', async () => {
    append('a');
    endpoint.behave = () => ({ status: 200, body: '{"data":{"keys":[]}}' });
    const { code, stderr } = await forward('--from-start').finished;
    expect({ code, offset: stateOf().offset }).toEqual({ code: 2, offset: 0 });
    expect(stderr).toMatch(/answered without saying what it accepted; see that http/);
  });

  it('gets less at a time where it answers 413, and a single entry is passed over', async () => {
    endpoint.behave = ({ ids }) =>
      ids.length > 2 || ids.includes('3') ? { status: 413, body: '{"errors":["long"]}' } : 'take';
    append(...ids('', 7));
    const forwarder = await forwarding('--from-start');
    await endpoint.untilTaken('6');
    const { stderr } = await stopped(forwarder);
    expect(endpoint.taken).toEqual(['0', '1', '2', '4', '5', '6']);
    expect(stderr).toMatch(/the entry at offset \d+, of \d+ bytes, is passed over: .*413: long/);
    expect(stderr).toContain('1 lines passed over');
  });
});

describe('an end', () => {
  it('by SIGTERM waits for the answer under way, and nothing is sent again', async () => {
    endpoint.behave = (_, number) => (number === 0 ? 'hold' : 'take');
    append('a');
    const { child, finished } = await forwarding('--from-start');
    await endpoint.until('a request', () => endpoint.requests.length === 1);
    child.kill('SIGTERM');
    append('b');
    endpoint.release();
    expect(await finished).toMatchObject({ code: 0, stderr: expect.stringContaining('1 events') });
    await forwarding();
    await endpoint.untilTaken('b');
    expect(endpoint.requests.map((request) => request.ids)).toEqual([['a'], ['b']]);
  });

  it('by kill -9 at any moment loses nothing, and repeats at most the request under way', async () => {
    const kills = 9;
    const written: string[] = [];
    const write = (count: number) => {
      const fresh = ids('', written.length + count).slice(written.length);
      written.push(...fresh);
      appendFileSync(log, fresh.map((id) => entry(id, { padding: 20_000 })).join(''));
    };
    const behaviours = ['hold', 'take and break', 'take'] as const;
    for (let kill = 0; kill < kills; kill++) {
      write(60);
      const last = endpoint.requests.length + (kill % 2);
      endpoint.behave = (_, number) =>
        (number === last ? behaviours[kill % 3] : undefined) ?? 'take';
      const { child, finished } = await forwarding('--from-start');
      await endpoint.until('a request', () => endpoint.requests.length > last);
      child.kill('SIGKILL');
      await finished;
      if (kill % 2 === 0) endpoint.forget();
      else endpoint.release();
      if (kill === 3) renameSync(log, `${log}.1`);
    }
    endpoint.behave = () => 'take';
    append('last');
    await forwarding();
    await endpoint.untilTaken('last');
    expect(endpoint.taken).toEqual([...written, 'last']);
    const sent = endpoint.requests.flatMap((request) => request.ids).length;
    expect(sent - endpoint.taken.length).toBeLessThanOrEqual(kills * (262_144 / 20_000));
  });
});

describe('the state', () => {
  it('of another source, or that is none, is not used', async () => {
    append('a');
    const forwarder = await forwarding('--namespace', 'team-a/');
    await stopped(forwarder);
    const other = await forward().finished;
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is the state for the source "team-a/bao"; give --state'),
    });
    const state = join(scratch, 'broken');
    writeFileSync(state, '{"offset":-1}');
    const broken = await forward('--state', state).finished;
    expect(broken).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${state} is not the state of a forwarder; remove it`),
    });
  });

  it('that cannot be written is said at once', async () => {
    append('a');
    const { code, stderr } = await forward('--state', join(scratch, 'none', 'state')).finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot write the state \S+: there is no such file or folder; name another file with --state\n$/,
    );
    expect(existsSync(`${log}.carillon`)).toBe(false);
  });
});
