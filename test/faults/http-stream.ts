/** A connection that is the answer to a GET, and goes on until one side ends it. */
import { get, type IncomingMessage } from 'node:http';
import type { Connection, Listener, Request } from './connection.ts';

/** The server waits for a second for a free slot before it answers. */
const ANSWER_MS = 10_000;

export function openHttpStream(
  port: number,
  { path, headers }: Request,
  accept: string,
  listener: Listener,
): Connection {
  let response: IncomingMessage | undefined;
  let isWhole = false;
  let isEnded = false;
  const end = () => {
    clearTimeout(unanswered);
    if (isEnded) return;
    isEnded = true;
    listener.ended(isWhole);
  };
  const request = get({
    host: '127.0.0.1',
    port,
    path,
    headers: { ...headers, Accept: accept },
    agent: false,
  });
  const unanswered = setTimeout(() => request.destroy(), ANSWER_MS);
  request.on('error', () => undefined);
  request.on('close', () => {
    // What has arrived may still have to be read.
    if (response === undefined) end();
  });
  request.on('response', (answer) => {
    response = answer;
    clearTimeout(unanswered);
    answer.on('error', () => undefined);
    answer.on('close', end);
    if (answer.statusCode === 200) {
      listener.opened(answer.headers);
      answer.on('data', (data: Buffer) => listener.message(data));
      answer.on('end', () => {
        isWhole = answer.complete;
      });
      return;
    }
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    answer.on('end', () => listener.refused(answer.statusCode ?? 0, text));
  });
  return {
    pause: () => response?.pause(),
    resume: () => response?.resume(),
    ping: () => undefined,
    send: () => undefined,
    close: () => request.destroy(),
    destroy: () => request.destroy(),
  };
}
