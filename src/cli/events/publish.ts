/** `carillon events publish` */

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { MAX_PUBLISH_BYTES, MAX_PUBLISH_EVENTS } from '../../wire/limits.ts';
import {
  type CommandResult,
  command,
  type ExitCode,
  failed,
  wrongUse,
} from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { reasonOfFileError } from '../input/files.ts';
import { parsePairs } from '../input/input.ts';
import { LineReader } from '../input/line-reader.ts';
import { checkPath } from '../server/api.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { PublishRequests } from './publish-requests.ts';

export const eventsPublish = command({
  name: 'events publish',
  summary: 'Publish one event, or many from a file or a pipe',
  description:
    'Publish events and print their ids, one a line, or with --format the answers of the server.',
  usage: [
    'events publish [options] <type> key=value...',
    'events publish [options] [<type>] --data <source>',
  ],
  arguments: [
    {
      name: 'type',
      help: 'event type: kv-v2/data-write',
      optional: true,
      completes: 'event-type',
    },
    {
      name: 'key=value',
      help: 'metadata of the event, as strings',
      optional: true,
      multiple: true,
    },
  ],
  options: {
    data: {
      type: 'string',
      value: 'source',
      help: 'events as JSON from @file, or from standard input with "-": one event, a list, or one event a line as "events subscribe" prints them; lines are sent as they arrive',
    },
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  ends: 'Ends with 0 if every event was accepted, now or before, and 1 otherwise.',
  acts: true,
  examples: [
    'carillon events publish deploy/finished path=deploy/web version=42',
    `carillon events publish kv-v2/data-write path=secret/data/app data_path=secret/data/app \\
  operation=data-write modified=true`,
    "vault events subscribe 'kv*' | carillon events publish --data -",
  ],
  async run(values, positionals) {
    const [type, ...pairs] = positionals;
    const { data } = values;
    if (type === undefined && data === undefined) {
      return wrongUse('the event type is missing');
    }
    const path = checkPath('the event type', type ?? '');
    if (!path.ok) return path;
    if (pairs.length > 0 && data !== undefined) {
      return wrongUse('give the metadata as key=value or with --data, not both');
    }
    const metadata = parsePairs(pairs);
    if (!metadata.ok) return metadata;
    const server = serverOf(values);
    if (!server.ok) return server;
    const requests = new PublishRequests(server.value, type, values.format);
    if (data === undefined) {
      return requests.sendJson(JSON.stringify({ metadata: metadata.value }));
    }
    const source = sourceOf(data);
    if (source === undefined) {
      return wrongUse(`--data is ${quote(data)}; give it "@file" or "-"`);
    }
    return publishSource(source, data === '-' ? 'standard input' : data.slice(1), requests);
  },
});

function sourceOf(data: string): Readable | undefined {
  if (data === '-') return process.stdin;
  return data.startsWith('@') ? createReadStream(data.slice(1)) : undefined;
}

/**
 * Publishes lines as they arrive if the first line is a JSON value, and else the input as one document. A subscription
 * in a pipe never ends, so its lines cannot wait for the end of the input.
 */
async function publishSource(
  source: Readable,
  name: string,
  requests: PublishRequests,
): Promise<CommandResult<ExitCode>> {
  const lines = new LineReader(source, MAX_PUBLISH_BYTES);
  try {
    let blank = 0;
    let first = await lines.next();
    for (; first?.trim() === ''; first = await lines.next()) blank++;
    if (first === undefined) return failed('the input has no events');
    return isEvent(first)
      ? await publishLines(first, lines, requests, blank)
      : await publishDocument(first, lines, requests);
  } catch (error) {
    return failed(`cannot read ${name}: ${reasonOfFileError(error)}`);
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
  requests: PublishRequests,
): Promise<CommandResult<ExitCode>> {
  let document = first;
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    document += `\n${line}`;
    if (document.length > MAX_PUBLISH_BYTES) {
      return failed(
        `the input is longer than the ${MAX_PUBLISH_BYTES} bytes of one request; write one event a line`,
      );
    }
  }
  return requests.sendJson(document);
}

/** Sends in each request the lines that arrived during the one before. */
async function publishLines(
  first: string,
  lines: LineReader,
  requests: PublishRequests,
  linesBefore: number,
): Promise<CommandResult<ExitCode>> {
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
    const published = await requests.sendLines(batch, sent);
    if (!published.ok) return published;
    sent += batch.length;
    line ??= await lines.next();
  }
  return ok(0);
}
