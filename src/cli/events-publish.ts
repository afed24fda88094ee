/** `carillon events publish` */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS } from '../limits.ts';
import { type Command, type ExitCode, fail, misuse, status } from './command.ts';
import { request, type Server, serverOf } from './server.ts';

export const eventsPublish: Command = {
  name: 'events publish',
  summary: 'Publish one event, or many from a file or a pipe',
  help: `Publish events and print their ids, one a line.

Usage: carillon events publish <type> key=value...
       carillon events publish [<type>] --data <source>

  <type>         event type: kv-v2/data-write
  key=value      metadata of the event, as strings

Options:
  --data <source>  events as JSON from @file, or from standard input with "-": one event, a list, or
                   one event a line as "events subscribe" prints them; lines are sent as they come
  -h, --help       show this

Ends with 0 when every event was accepted, now or before, and 1 otherwise.

Examples:
  carillon events publish deploy/finished service=web version=42
  carillon events publish kv-v2/data-write path=secret/data/app data_path=secret/data/app \\
    operation=data-write modified=true
  vault events subscribe 'kv*' | carillon events publish --data -
`,
  options: { data: { type: 'string' } },
  async run(values, positionals): Promise<ExitCode> {
    const [type, ...pairs] = positionals;
    const { data } = values;
    if (type === undefined && data === undefined) {
      return misuse('the event type is missing', 'events publish');
    }
    if (pairs.length > 0 && data !== undefined) {
      return misuse('give the metadata as key=value or with --data, not both', 'events publish');
    }
    const malformed = pairs.find((pair) => !/^[^=]+=/.test(pair));
    if (malformed !== undefined) {
      return misuse(`${JSON.stringify(malformed)} is not key=value`, 'events publish');
    }
    const server = serverOf(process.env);
    if (typeof server === 'string') return fail(server);
    const publisher = new Publisher(server, type);
    if (typeof data !== 'string') {
      return publisher.send('application/json', JSON.stringify({ metadata: metadataOf(pairs) }));
    }
    const source = sourceOf(data);
    if (source === undefined) {
      return misuse(`--data is ${JSON.stringify(data)}; give it "@file" or "-"`, 'events publish');
    }
    return publishSource(source, publisher);
  },
};

function metadataOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

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

  async send(contentType: string, body: string, where = ''): Promise<ExitCode> {
    const answer = await request(this.#server, this.#path, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body,
    });
    if (typeof answer === 'string') return fail(`${where}${answer}`);
    const { accepted, duplicates, ids } = (
      answer.body as { data: { accepted: number; duplicates: number; ids: string[] } }
    ).data;
    process.stdout.write(ids.map((id) => `${id}\n`).join(''));
    status(`${accepted} accepted${duplicates > 0 ? `, ${duplicates} already known` : ''}`);
    return 0;
  }
}

/**
 * Publishes a document, or lines as they come: told apart by whether the first line is JSON by
 * itself. A subscription piped in never ends, so its lines cannot wait for the end of the input.
 */
async function publishSource(source: Readable, publisher: Publisher): Promise<ExitCode> {
  const lines = new LineReader(source);
  try {
    const first = await lines.next();
    if (first === undefined) return fail('the input has no events');
    if (isEvent(first)) return await publishLines(first, lines, publisher);
    const document = [first];
    for (let line = await lines.next(); line !== undefined; line = await lines.next())
      document.push(line);
    return await publisher.send('application/json', document.join('\n'));
  } catch (error) {
    return fail(`cannot read the input: ${(error as Error).message}`);
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

/** Sends in each request what has come while the last one was under way. */
async function publishLines(
  first: string,
  lines: LineReader,
  publisher: Publisher,
): Promise<ExitCode> {
  let sent = 0;
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
    const where = sent === 0 ? '' : `after ${sent} lines: `;
    const exitCode = await publisher.send('application/x-ndjson', batch.join('\n'), where);
    if (exitCode !== 0) return exitCode;
    sent += batch.length;
    line ??= await lines.next();
  }
  return 0;
}

/** The lines of a stream that are not blank: those that are there, and the next one. */
class LineReader {
  readonly #ready: string[] = [];
  readonly #source: Readable;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(source: Readable) {
    this.#source = source;
    const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      this.#ready.push(line);
      if (this.#ready.length >= MAX_PUBLISH_EVENTS) source.pause();
      this.#wake();
    });
    lines.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
    // readline passes an error of its input on.
    lines.once('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** A line that has already come. */
  ready(): string | undefined {
    const line = this.#ready.shift();
    if (this.#ready.length === 0 && !this.#ended) this.#source.resume();
    return line;
  }

  /** The next line, once it comes; undefined at the end. */
  async next(): Promise<string | undefined> {
    while (this.#ready.length === 0 && !this.#ended && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    return this.ready();
  }
}
