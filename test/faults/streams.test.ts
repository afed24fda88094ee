/** The subscribers that listen over HTTP, against a server that does what each test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import { EventSourceSubscription } from './event-source-subscription.ts';
import { Ledger } from './ledger.ts';
import { PollSubscription } from './poll-subscription.ts';
import { Random } from './random.ts';
import { AUDIENCES, type RunEvent } from './scenario.ts';
import type { Subscription, SubscriptionOptions } from './subscription.ts';

type Answer = (response: ServerResponse) => void;

let server: Server;
/** What the server does with the next requests for a subscription; after them, it says nothing. */
let answers: Answer[];
/** The requests for subscriptions. */
let requests: IncomingMessage[];
let ledger: Ledger;
let events: RunEvent[];
let subscription: Subscription | undefined;

beforeEach(async () => {
  answers = [];
  requests = [];
  let tickets = 0;
  server = createServer((request, response) => {
    if (request.url === '/v1/sys/events/ticket') {
      response.end(JSON.stringify({ data: { ticket: `ticket-${++tickets}` } }));
      return;
    }
    requests.push(request);
    answers.shift()?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ledger = new Ledger(() => undefined);
  const drawn = { namespace: '', type: 'kv-alpha/write', path: 'secret/blue', hub: 'kv-alpha' };
  events = ledger.send('p', [drawn, drawn, drawn]);
  ledger.acknowledge(events);
});

afterEach(() => {
  subscription?.leave();
  server.closeAllConnections();
  server.close();
});

/** Of the audience that hears all of its hub, from the first event on. */
function optionsOf(members: Partial<SubscriptionOptions> = {}): SubscriptionOptions {
  const audience = AUDIENCES[0];
  if (audience === undefined) throw new Error('nobody is there');
  return {
    name: 'the subscriber',
    form: 'a form',
    audience,
    access: 'token',
    token: 'the-token',
    port: (server.address() as AddressInfo).port,
    beginning: 'earliest',
    region: undefined,
    ledger,
    random: new Random(1),
    ...members,
  };
}

/** The subscriber after so many requests, and after it received so many events. */
async function listen<T extends Subscription>(
  subscriber: T,
  after: { readonly requests: number; readonly received: number },
): Promise<T> {
  subscription = subscriber;
  subscriber.connect();
  await expect.poll(() => requests.length).toBe(after.requests);
  await expect.poll(() => subscriber.ids.length).toBe(after.received);
  return subscriber;
}

function wrongWith(...subscribers: Subscription[]): string[] {
  const receptions = subscribers.map(({ reception }) => reception);
  return check({ events, receptions, beginnings: new Map() }).map(({ kind, ids }) =>
    `${kind} ${ids.join(' ')}`.trim(),
  );
}

function id(index: number): string {
  return events[index]?.id ?? '';
}

function frame(index: number): string {
  const event = { id: id(index), metadata: { path: 'secret/blue' } };
  return JSON.stringify({ data: { event, event_type: 'kv-alpha/write' } });
}

function parameters({ url = '' }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(new URL(url, 'http://server').searchParams);
}

describe('a subscriber to server-sent events', () => {
  const HELLO = 'retry: 1\nid: c0\nevent: hello\ndata: {"resumed":true}\n\n';
  const sent = (index: number, cursor = `c${index + 1}`) =>
    `id: ${cursor}\ndata: ${frame(index)}\n\n`;
  const stream =
    (...pieces: string[]): Answer =>
    (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      for (const piece of pieces) response.write(piece);
    };
  const broken =
    (...pieces: string[]): Answer =>
    (response) => {
      stream(...pieces)(response);
      setImmediate(() => response.destroy());
    };

  it('resumes after the last whole event, which it names in the header', async () => {
    answers = [
      broken(HELLO, sent(0), sent(1).slice(0, -1)),
      stream(HELLO.replace('c0', 'c1'), sent(1), ':\n\n', sent(2)),
    ];
    const subscriber = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 2,
      received: 3,
    });
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'c1']);
    expect(requests.map((request) => parameters(request).since)).toEqual(['earliest', 'earliest']);
    expect(subscriber.problems).toEqual([]);
    expect(wrongWith(subscriber)).toEqual([]);
  });

  it('resumes at the hello if it received no event', async () => {
    answers = [broken(HELLO), stream()];
    await listen(new EventSourceSubscription(optionsOf({ beginning: 'now' })), {
      requests: 2,
      received: 0,
    });
    expect(requests[1]?.headers['last-event-id']).toBe('c0');
  });

  it('has a new ticket for each connection, and resumes with a new URL', async () => {
    answers = [broken(HELLO, sent(0)), stream(HELLO, sent(1))];
    await listen(new EventSourceSubscription(optionsOf({ access: 'ticket' })), {
      requests: 2,
      received: 2,
    });
    expect(requests.map(parameters)).toEqual([
      { since: 'earliest', ticket: 'ticket-1' },
      { since: 'c1', ticket: 'ticket-2' },
    ]);
    for (const { headers } of requests) {
      expect(headers).not.toHaveProperty('x-vault-token');
      expect(headers).not.toHaveProperty('last-event-id');
    }
  });

  it('has a mismatch if an event is left out after it resumed', async () => {
    answers = [broken(HELLO, sent(0)), stream(HELLO, sent(2))];
    const subscriber = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 2,
      received: 2,
    });
    expect(wrongWith(subscriber)).toEqual([`lost ${id(1)}`]);
  });

  it('has a mismatch if an event comes again after it resumed', async () => {
    answers = [broken(HELLO, sent(0), sent(1)), stream(HELLO, sent(1), sent(2))];
    const subscriber = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 2,
      received: 4,
    });
    expect(wrongWith(subscriber)).toEqual([`duplicated ${id(1)}`]);
  });

  it('has a mismatch if it is told of a gap', async () => {
    answers = [
      stream(HELLO, sent(0), 'id: c9\nevent: gap\ndata: {"reason":"forgotten"}\n\n', sent(2)),
    ];
    const subscriber = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 1,
      received: 2,
    });
    expect(wrongWith(subscriber)).toEqual(['gap', `lost ${id(1)}`]);
  });

  it('has a mismatch if another subscriber of the hub was told another cursor', async () => {
    answers = [stream(HELLO, sent(0), sent(1), sent(2))];
    const first = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 1,
      received: 3,
    });
    first.leave();
    answers = [stream(HELLO, sent(0), sent(1, 'c8'), sent(2))];
    const second = await listen(new EventSourceSubscription(optionsOf()), {
      requests: 2,
      received: 3,
    });
    expect(wrongWith(first, first, second)).toEqual([`cursor ${id(1)}`]);
  });
});

describe('a subscriber that polls', () => {
  const polled =
    (cursor: string, ...lines: string[]): Answer =>
    (response) => {
      response.writeHead(200, { 'Carillon-Cursor': cursor }).end(lines.join(''));
    };
  const brokenPoll =
    (...lines: string[]): Answer =>
    (response) => {
      response.writeHead(200, { 'Carillon-Cursor': 'c0' }).write(lines.join(''));
      setImmediate(() => response.destroy());
    };
  const line = (index: number) => `${frame(index)}\n`;

  it('resumes after the last event by its id, or where the poll began if none came', async () => {
    answers = [polled('c0', line(0), line(1)), polled('c2', '\n'), polled('c2', line(2))];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 4,
      received: 3,
    });
    expect(requests.map((request) => parameters(request).since)).toEqual([
      'earliest',
      id(1),
      'c2',
      id(2),
    ]);
    expect(subscriber.problems).toEqual([]);
    expect(wrongWith(subscriber)).toEqual([]);
  });

  it('stays where it is while one poll follows another, and has no connection after a broken one', async () => {
    answers = [polled('c0', line(0)), brokenPoll(line(1))];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 3,
      received: 2,
    });
    expect(subscriber.accepted).toHaveLength(2);
    expect(subscriber).toMatchObject({ reconnects: 0, isOpen: false });
  });

  it('takes no event from a line that is cut off', async () => {
    answers = [brokenPoll(line(0), line(1).slice(0, -1)), polled('c1', line(1), line(2))];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 3,
      received: 3,
    });
    expect(parameters(requests[1] as IncomingMessage).since).toBe(id(0));
    expect(wrongWith(subscriber)).toEqual([]);
  });

  it('has a new ticket for each poll', async () => {
    answers = [polled('c0', line(0)), polled('c1', line(1))];
    await listen(new PollSubscription(optionsOf({ access: 'ticket' })), {
      requests: 3,
      received: 2,
    });
    expect(requests.map((request) => parameters(request).ticket)).toEqual([
      'ticket-1',
      'ticket-2',
      'ticket-3',
    ]);
  });

  it('has a mismatch if a line is left out', async () => {
    answers = [polled('c0', line(0)), polled('c1', line(2))];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 3,
      received: 2,
    });
    expect(wrongWith(subscriber)).toEqual([`lost ${id(1)}`]);
  });

  it('has a mismatch if a gap is a line, and resumes after the gap', async () => {
    answers = [polled('c0', '{"gap":{"reason":"forgotten","cursor":"c9"}}\n')];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 2,
      received: 0,
    });
    expect(parameters(requests[1] as IncomingMessage).since).toBe('c9');
    expect(subscriber.gaps).toEqual(['forgotten']);
  });

  it('has a problem if a poll ends within a line, or does not say where it begins', async () => {
    answers = [
      polled('c0', 'half a line'),
      (response) => {
        response.end();
      },
    ];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 3,
      received: 0,
    });
    expect(subscriber.problems).toEqual([
      'a poll ended within a line: half a line',
      'a poll was not told where it begins',
    ]);
  });

  it('has a problem if it is refused, unless it can try again', async () => {
    const refuse =
      (status: number): Answer =>
      (response) => {
        response.writeHead(status).end('no');
      };
    answers = [refuse(503), refuse(403)];
    const subscriber = await listen(new PollSubscription(optionsOf()), {
      requests: 3,
      received: 0,
    });
    expect(subscriber.problems).toEqual(['the subscriber was answered 403: no']);
  });
});
