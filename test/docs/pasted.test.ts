/** Every block of every document is pasted as it stands, in order, where it can run. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';
import { allDocuments, type Block, ROOT, readDocument } from './document.ts';
import { showsText } from './expected-output.ts';
import { pictureOf, textOf } from './picture.ts';
import { isUsed, missingPrograms, Reader } from './reader.ts';

/** The port of the quick start. */
const PORT = 8200;

const PICTURE = join(ROOT, 'docs/images/first-event.svg');

const folder = scratchFolder();

/** A reader with a clone and a home of their own, so that no document relies on what another one has left. */
const newReader = () => new Reader(mkdtempSync(join(folder, 'reader-')));

beforeAll(async () => {
  if (await isTaken(PORT)) {
    throw new Error(`the documents need port ${PORT}, and something listens there; end it first`);
  }
});

describe('a reader who pastes each block gets what the document says, in', () => {
  for (const document of allDocuments()) {
    if (document.blocks.some(isUsed)) it(document.path, () => newReader().read(document));
    for (const program of missingPrograms(document)) {
      it(`${document.path}, as far as it needs ${program}`, (test) => {
        test.skip(`${program} is not installed`);
      });
    }
  }
});

it('the picture of the README is what its quick start shows', async () => {
  const readme = readDocument('README.md');
  const end = readme.blocks.findIndex(({ attributes }) => attributes.output !== undefined);
  const blocks = readme.blocks.slice(0, end + 1);
  const reader = newReader();
  await reader.read({ ...readme, blocks });

  const panes = ['2', '3'].map((terminal) => ({
    title: `terminal ${terminal}`,
    lines: transcript(blocks, terminal, reader.outputs.get(terminal) ?? []),
  }));
  const drawn = pictureOf(panes, 'A subscriber receives the events that another terminal triggers');
  if (process.env.PICTURE === 'write') writeFileSync(PICTURE, drawn);
  const shown = textOf(readFileSync(PICTURE, 'utf8')).join('\n');
  expect(showsText(shown, textOf(drawn).join('\n')), shown).toBe(true);
});

/** The commands of the block for this terminal, each with what it printed, without those that print nothing. */
function transcript(
  blocks: readonly Block[],
  terminal: string,
  outputs: readonly string[],
): string[] {
  const pasted = blocks.find(({ attributes }) => attributes.terminal === terminal)?.text ?? '';
  return pasted
    .trim()
    .split('\n')
    .flatMap((command, n) => {
      const output = outputs[n]?.trim() ?? '';
      return output === '' ? [] : [`\u001b[1m$ ${command}\u001b[22m`, ...output.split('\n')];
    });
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
