/** `carillon events publish` */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { dotSegment } from '../lib/dot-segment.ts';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS } from '../wire/limits.ts';
import { type Command, type ExitCode, fail, misuse, status } from './command.ts';
import { reasonOfFileError } from './files.ts';
import { LineReader } from './line-reader.ts';
import { parsePairs } from './pairs.ts';
import {
  type Outcome,
  request,
  SERVER_HELP,
  SERVER_OPTIONS,
  type Server,
  serverOf,
} from './server.ts';

export const eventsPublish: Command = {
  name: 'events publish',
  summary: 'Publish one event, or many from a file or a pipe',
  help: `Publish events and print their ids, one a line.

Usage: carillon events publish <type> key=value...
       carillon events publish [<type>] --data <source>

  <type>         event type: kv-v2/data-write
  key=value      metadata of the event, as strings

Options:
  --data <source>          events as JSON from @file, or from standard input with "-": one event, a
                           list, or one event a line as "events subscribe" prints them; lines are
                           sent as they come
${SERVER_HELP}
  -h, --help               show this

Ends with 0 when every event was accepted, now or before, and 1 otherwise.

Examples:
  carillon events publish deploy/finished path=deploy/web version=42
  carillon events publish kv-v2/data-write path=secret/data/app data_path=secret/data/app \\
    operation=data-write modified=true
  vault events subscribe 'kv*' | carillon events publish --data -
`,
  options: { ...SERVER_OPTIONS, data: { type: 'string' } },
  async run(values, positionals): Promise<ExitCode> {
    const [type, ...pairs] = positionals;
    const { data } = values;
    if (type === undefined && data === undefined) {
      return misuse('the event type is missing', 'events publish');
    }
    // A URL would fold it and lead elsewhere.
    if (type !== undefined && dotSegment(type) !== undefined) {
      return misuse(
        `the event type ${JSON.stringify(type)} has a "." or ".." segment`,
        'events publish',
      );
    }
    if (pairs.length > 0 && data !== undefined) {
      return misuse('give the metadata as key=value or with --data, not both', 'events publish');
    }
    const metadata = parsePairs(pairs);
    if (!metadata.ok) return misuse(metadata.failure.message, 'events publish');
    const server = serverOf(values);
    if (typeof server === 'string') return fail(server);
    const publisher = new Publisher(server, type);
    if (typeof data !== 'string') {
      return publisher.sendJson(JSON.stringify({ metadata: metadata.value }));
    }
    const source = sourceOf(data);
    if (source === undefined) {
      return misuse(`--data is ${JSON.stringify(data)}; give it "@file" or "-"`, 'events publish');
    }
    return publishSource(source, data === '-' ? 'standard input' : data.slice(1), publisher);
  },
};

function sourceOf(data: string): Readable | undefined {
  if (data === '-') return process.stdin;
  return data.startsWith('@') ? createReadStream(data.slice(1)) : undefined;
}

/** Sends requests to the publish endpoint and prints what became of them. */
class Publisher {
  readonly #server: Server;
  readonly #path: string;

  constructor(server: Server, type: string | undefined) {
    this.#server = server;
    this.#path = `sys/events/publish${type === undefined ? '' : `/${type}`}`;
  }

  /** Publishes a body of JSON. */
  async sendJson(body: string): Promise<ExitCode> {
    const outcome = await this.#post('application/json', body);
    return outcome.ok ? 0 : fail(outcome.message);
  }

  /** Publishes lines, in as many requests as the server's limits ask for. */
  async sendLines(lines: readonly string[], linesBefore: number): Promise<ExitCode> {
    // Blank lines are sent with others, so that the server counts as the user does.
    if (lines.every((line) => line.trim() === '')) return 0;
    const outcome = await this.#post('application/x-ndjson', lines.join('\n'));
    if (outcome.ok) return 0;
    if (outcome.status === 413 && outcome.data === undefined && lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      const exitCode = await this.sendLines(lines.slice(0, half), linesBefore);
      return exitCode === 0 ? this.sendLines(lines.slice(half), linesBefore + half) : exitCode;
    }
    return fail(`${linesBefore === 0 ? '' : `after ${linesBefore} lines: `}${outcome.message}`);
  }

  async #post(contentType: string, body: string): Promise<Outcome> {
    const outcome = await request(this.#server, this.#path, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body,
    });
    const data = outcome.ok ? outcome.answer.data : (outcome.data ?? {});
    const { ids, failed } = data as { ids?: string[]; failed?: number[] };
    if (ids === undefined) return outcome;
    // Of a request that failed in part, the ids are what makes repeating it safe.
    for (const [index, id] of ids.entries()) {
      if (failed?.includes(index)) status(`failed: ${id}`);
      else process.stdout.write(`${id}\n`);
    }
    if (outcome.ok) {
      const { accepted, duplicates } = data as { accepted: number; duplicates: number };
      status(`${accepted} accepted${duplicates > 0 ? `, ${duplicates} already known` : ''}`);
      for (const warning of outcome.answer.warnings) status(`warning: ${warning}`);
    }
    return outcome;
  }
}

/**
 * Publishes a document, or lines as they come: told apart by whether the first line is JSON by
 * itself. A subscription piped in never ends, so its lines cannot wait for the end of the input.
 */
async function publishSource(
  source: Readable,
  name: string,
  publisher: Publisher,
): Promise<ExitCode> {
  const lines = new LineReader(source, MAX_PUBLISH_BYTES);
  try {
    let blank = 0;
    let first = await lines.next();
    for (; first?.trim() === ''; first = await lines.next()) blank++;
    if (first === undefined) return fail('the input has no events');
    return isEvent(first)
      ? await publishLines(first, lines, publisher, blank)
      : await publishDocument(first, lines, publisher);
  } catch (error) {
    return fail(`cannot read ${name}: ${reasonOfFileError(error)}`);
  } finally {
    source.destroy();
  }
}

function isEvent(line: string): boolean {
  try {
    return !Array.isArray(JSON.parse(line));
  } catch {
    return false;
  }
}

async function publishDocument(
  first: string,
  lines: LineReader,
  publisher: Publisher,
): Promise<ExitCode> {
  let document = first;
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    document += `\n${line}`;
    if (document.length > MAX_PUBLISH_BYTES) {
      return fail(
        `the input is longer than the ${MAX_PUBLISH_BYTES} bytes of one request; write one event a line`,
      );
    }
  }
  return publisher.sendJson(document);
}

/** Sends in each request what has come while the last one was under way. */
async function publishLines(
  first: string,
  lines: LineReader,
  publisher: Publisher,
  linesBefore: number,
): Promise<ExitCode> {
  let sent = linesBefore;
  for (let line: string | undefined = first; line !== undefined; ) {
    const batch = [line];
    let bytes = Buffer.byteLength(line) + 1;
    line = undefined;
    for (let ready = lines.ready(); ready !== undefined; ready = lines.ready()) {
      bytes += Buffer.byteLength(ready) + 1;
      if (batch.length === MAX_PUBLISH_EVENTS || bytes > MAX_PUBLISH_BYTES) {
        line = ready;
        break;
      }
      batch.push(ready);
    }
    const exitCode = await publisher.sendLines(batch, sent);
    if (exitCode !== 0) return exitCode;
    sent += batch.length;
    line ??= await lines.next();
  }
  return 0;
}
