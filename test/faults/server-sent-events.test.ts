import { expect, it } from 'vitest';
import { Lines } from './lines.ts';
import { type ServerSentEvent, ServerSentEvents } from './server-sent-events.ts';

/** The events of a stream that arrives in pieces of so many bytes. */
function read(text: string, size = 1): ServerSentEvent[] {
  const bytes = Buffer.from(text);
  const lines = new Lines();
  const parser = new ServerSentEvents();
  const events: ServerSentEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const line of lines.take(bytes.subarray(at, at + size))) {
      const event = parser.take(line);
      if (event !== undefined) events.push(event);
    }
  }
  return events;
}

it.each([1, 2, 3, 1000])('reads events that arrive in pieces of %i bytes', (size) => {
  expect(
    read('id: c1\nevent: gap\ndata: {"über": 1}\n\nid:c2\ndata:two\ndata: lines\n\n', size),
  ).toEqual([
    { lastEventId: 'c1', hasOwnId: true, type: 'gap', data: '{"über": 1}' },
    { lastEventId: 'c2', hasOwnId: true, type: 'message', data: 'two\nlines' },
  ]);
});

it('takes what no empty line ends for no event', () => {
  expect(read('id: c1\ndata: whole\n\nid: c2\ndata: cut off\n')).toHaveLength(1);
});

it('takes comments and fields without data for no event', () => {
  expect(read(':\n\nretry: 10\n\n: a comment\n\n')).toEqual([]);
});

it('says of an event without an id which id came last', () => {
  expect(read('id: c1\ndata: a\n\ndata: b\n\n')[1]).toMatchObject({
    lastEventId: 'c1',
    hasOwnId: false,
  });
});

it('notes how long the server asks to wait', () => {
  const parser = new ServerSentEvents();
  for (const line of ['retry: 2500', '']) parser.take(line);
  expect(parser.retryMs).toBe(2500);
});
