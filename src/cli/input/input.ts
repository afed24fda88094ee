/** What a command reads from its arguments, a file, standard input, or the user at a terminal. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { decodeUtf8, readBytes } from '../../lib/text.ts';
import { type CommandResult, failed, status, wrongUse } from '../command/command.ts';
import { reasonOfFileError } from './files.ts';
import { MAX_INPUT_BYTES } from './limits.ts';

/** Reads a file, or standard input if the source is `-`. */
export async function readInput(source: string): Promise<CommandResult<string>> {
  const name = source === '-' ? 'standard input' : source;
  const stream: Readable = source === '-' ? process.stdin : createReadStream(source);
  let content: Uint8Array | undefined;
  try {
    content = await readBytes(stream, MAX_INPUT_BYTES);
  } catch (error) {
    return failed(`cannot read ${name}: ${reasonOfFileError(error)}`);
  }
  if (content === undefined) {
    return failed(`cannot read ${name}: it has more than ${MAX_INPUT_BYTES} bytes`);
  }
  const text = decodeUtf8(content);
  if (text.ok) return text;
  const isUtf16 = /^(?:fffe|feff)/.test(Buffer.from(content).toString('hex', 0, 2));
  return failed(
    isUtf16
      ? `cannot read ${name}: it is UTF-16; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)`
      : `cannot read ${name}: it is not UTF-8`,
  );
}

const READABLE_BY_OTHERS = 0o004;
/** Files with a warning already: a relay reads its token at every attempt. */
const warned = new Set<string>();

/** Reads a secret from a file, or from standard input, without the newline at its end. */
export async function readSecret(source: string): Promise<CommandResult<string>> {
  const text = await readInput(source);
  if (!text.ok) return text;
  if (source !== '-') await warnOfReaders(source);
  return ok(text.value.trim());
}

/** Warns if every user of the machine can read the secret. */
export async function warnOfReaders(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (process.platform === 'win32' || !found?.isFile() || warned.has(file)) return;
  if ((found.mode & READABLE_BY_OTHERS) === 0) return;
  warned.add(file);
  const mode = (found.mode & 0o777).toString(8);
  status(
    `warning: every user of this machine can read the secret in ${file} (mode ${mode}); run "chmod 600" on it`,
  );
}

/**
 * Asks the user at a terminal, which does not show the answer.
 *
 * @returns undefined if the user interrupts
 */
export function askSecret(question: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve) => {
    // Before the question: after this the terminal shows nothing that the user types.
    const lines = createInterface({
      input: process.stdin,
      output: nowhere,
      terminal: true,
      historySize: 0,
    });
    const end = (answer: string | undefined) => {
      lines.removeAllListeners();
      lines.close();
      process.stderr.write('\n');
      resolve(answer?.trim());
    };
    lines.once('line', end);
    lines.once('SIGINT', () => end(undefined));
    lines.once('close', () => end(undefined));
    process.stderr.write(question);
  });
}

/** Reads `key=value` texts. A key can have one value only. */
export function parsePairs(texts: readonly string[]): CommandResult<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) return wrongUse(`${quote(text)} is not key=value`);
    pairs.push([text.slice(0, equals), text.slice(equals + 1)]);
  }
  const values = new Map<string, string>();
  for (const [key, value] of pairs) {
    if (values.has(key) && values.get(key) !== value) {
      return wrongUse(`${quote(key)} is given twice, with different values; give it once`);
    }
    values.set(key, value);
  }
  return ok(Object.fromEntries(values));
}
