/** Data folders of other releases: refused with a sentence, and left as they are. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(scratch, 'data-'));
});

/** What Carillon 0.1.0 left behind when it was stopped. */
const FILES_OF_0_1_0 = [
  'durable-objects/carillon-Authority/1c2b.sqlite',
  'durable-objects/carillon-GatheringHub/7d3e.sqlite',
  'durable-objects/carillon-GatheringHub/7d3e.sqlite-wal',
  'durable-objects/carillon-Hub/9f01.sqlite',
  'carillon.lock',
  'source-key',
  'workerd.capnp',
];
const FORMAT = 'format';

function write(names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(data, name)), { recursive: true });
    writeFileSync(join(data, name), `the content of ${name}`);
  }
}

/** Every file with its content. */
function content(): Record<string, string> {
  const files = readdirSync(data, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, readFileSync(path, 'latin1')]),
  );
}

async function refusal(): Promise<string> {
  const before = content();
  const { code, stderr } = await run(['dev', '--port', '0', '--data', data]);
  expect(code).toBe(1);
  expect(content()).toEqual(before);
  return stderr;
}

it('one of Carillon 0.1.0', async () => {
  write(FILES_OF_0_1_0);
  expect(await refusal()).toContain(
    `the data folder ${data} was written by Carillon 0.1.0, which stores its data in another way. Name a new folder with --data, or run Carillon 0.1.0 with this one; nothing in it was changed`,
  );
});

it('one of a newer release', async () => {
  write(FILES_OF_0_1_0);
  writeFileSync(join(data, FORMAT), '2\n');
  expect(await refusal()).toContain(
    `the data folder ${data} has format 2, and this release supports up to 1. Run the newer release that wrote it, or name a new folder with --data; nothing in it was changed`,
  );
});

it.each(['', '0', '1.5', 'x'])('one whose format cannot be read: %j', async (text) => {
  write(FILES_OF_0_1_0);
  writeFileSync(join(data, FORMAT), text);
  expect(await refusal()).toContain(`the data folder ${data} cannot be used: its file format has`);
});

it('is no folder that others have put files into, and it is used again', async () => {
  write(['notes.txt']);
  for (let times = 0; times < 2; times++) {
    const server = await startLocalServer(['--data', data]);
    expect(readFileSync(join(data, FORMAT), 'utf8')).toBe('1\n');
    await server.stop();
  }
});
