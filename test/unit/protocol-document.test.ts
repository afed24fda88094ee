/** Holds `docs/protocol.md` to the code: its examples, its close codes, its reasons, its numbers. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MAX_EVENT_ID_CHARACTERS } from '../../src/event/limits.ts';
import {
  decodeServerMessage,
  encodeClientMessage,
} from '../../src/wire/carillon-v1/client-codecs.ts';
import { CLOSE_CODES } from '../../src/wire/carillon-v1/close-codes.ts';
import {
  type ClientMessage,
  type GapReason,
  type GoodbyeReason,
  SUBPROTOCOLS,
} from '../../src/wire/carillon-v1/messages.ts';
import { decodeClientMessage } from '../../src/wire/carillon-v1/server-codec.ts';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_CREDIT } from '../../src/wire/limits.ts';

const DOCUMENT = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

it.each(linesOf('S'))('has an example of the server that is of the protocol: %s', (text) => {
  expect(decodeServerMessage(text, 'json')).toEqual({ ok: true, value: JSON.parse(text) });
});

it.each(linesOf('C'))('has an example of the client that is of the protocol: %s', (text) => {
  expect(decodeClientMessage(text, 'json')).toMatchObject({ ok: true });
});

it('has the bytes of messages of the server in protobuf', () => {
  const examples = protobufExamples().filter(([text]) => /"type":"(hello|goodbye)"/.test(text));
  expect(examples).toHaveLength(2);
  for (const [text, hex] of examples) {
    const read = decodeServerMessage(Buffer.from(hex, 'hex'), 'protobuf');
    expect(read).toEqual({ ok: true, value: JSON.parse(text) });
  }
});

it('has the bytes of messages of the client in protobuf', () => {
  const examples = protobufExamples().filter(([text]) => /"type":"(ack|credit)"/.test(text));
  expect(examples).toHaveLength(2);
  for (const [text, hex] of examples) {
    const message: ClientMessage = JSON.parse(text);
    const bytes = encodeClientMessage(message, 'protobuf') as Uint8Array;
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  }
});

it('has every close code under its name', () => {
  const rows = [...DOCUMENT.matchAll(/^\| (\d{4}) \| `(\w+)` \|/gm)];
  expect(Object.fromEntries(rows.map(([, code, name]) => [name, Number(code)]))).toEqual(
    CLOSE_CODES,
  );
});

it('has every reason for a gap', () => {
  const reasons: Record<GapReason, true> = {
    unknown_event: true,
    forgotten: true,
    storage_lost: true,
    unsigned_cursor: true,
    feed_lost: true,
    unreadable: true,
  };
  expect(rowsOf('4.5')).toEqual(Object.keys(reasons));
});

it('has every reason for a goodbye', () => {
  const reasons: Record<GoodbyeReason, true> = {
    revoked: true,
    unconfirmed: true,
    unavailable: true,
    ack_timeout: true,
    lifetime: true,
    closed_by_operator: true,
    protocol_error: true,
  };
  expect(rowsOf('4.6')).toEqual(Object.keys(reasons));
});

it('names the subprotocols', () => {
  expect(rowsOf('2')).toEqual(Object.values(SUBPROTOCOLS));
});

it('has the bounds of the code', () => {
  expect(DOCUMENT).toContain(`a message of more than ${MAX_CLIENT_MESSAGE_BYTES} bytes`);
  expect(DOCUMENT).toContain(`from 1 to ${MAX_CREDIT.toLocaleString('en')},`);
  expect(DOCUMENT).toContain(`more than ${MAX_EVENT_ID_CHARACTERS} characters`);
});

/** The JSON messages of one side in the transcript. */
function linesOf(side: 'C' | 'S'): string[] {
  return [...DOCUMENT.matchAll(new RegExp(`^${side}: (\\{.*\\})$`, 'gm'))].map(
    ([, text = '']) => text,
  );
}

function protobufExamples(): [text: string, hex: string][] {
  return [...DOCUMENT.matchAll(/^\| `(\{.*\})` \| `([0-9a-f]+)` \|$/gm)].map(
    ([, text = '', hex = '']) => [text, hex],
  );
}

/** The first column of the table of a section. */
function rowsOf(section: string): string[] {
  const heading = new RegExp(`^##+ ${section.replace('.', '\\.')}\\.? `, 'm');
  const [text = ''] = (DOCUMENT.split(heading)[1] ?? '').split(/^##+ /m);
  return [...text.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name = '']) => name);
}
