/** Every block of every document is pasted as it stands, in order, where it can run. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';
import { allDocuments } from './document.ts';
import { cloneInto, isUsed, Reader } from './reader.ts';

/** The port of the quick start. */
const PORT = 8200;

const folder = scratchFolder();
let clone = '';

beforeAll(async () => {
  if (await isTaken(PORT)) {
    throw new Error(`the documents need port ${PORT}, and something listens there; end it first`);
  }
  clone = cloneInto(folder);
});

describe('a reader who pastes each block gets what the document says, in', () => {
  const documents = allDocuments().filter(({ blocks }) => blocks.some(isUsed));
  it.each(documents.map(({ path }) => path))('%s', async (path) => {
    const document = documents.find((candidate) => candidate.path === path);
    expect(document).toBeDefined();
    if (document !== undefined) await new Reader(clone, join(folder, 'home')).read(document);
  });
});

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
