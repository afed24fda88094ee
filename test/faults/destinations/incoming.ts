/** What a destination sends, as each kind of receiver gets it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedEvent } from '../ledger.ts';
import { type EventReceived, receivedEvent } from '../stock-subscription.ts';

/** An event with its metadata, in whatever format it came. */
export interface IncomingEvent extends ReceivedEvent {
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Incoming {
  /** The id of the batch; undefined from a queue, which has none. */
  readonly batch: string | undefined;
  readonly events: readonly IncomingEvent[];
}

/** A CloudEvent, or what a stock subscriber gets: both have the event of Vault in `data`. */
interface Item {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: EventReceived;
}

export type Kind = 'worker' | 'queue' | 'webhook';

/** @throws if it is not what the format says */
export function readIncoming(kind: Kind, headers: IncomingHttpHeaders, body: Buffer): Incoming {
  switch (kind) {
    case 'worker': {
      const { id, events } = JSON.parse(body.toString()) as { id: string; events: Item[] };
      return { batch: id, events: events.map(eventOf) };
    }
    case 'queue':
      return { batch: undefined, events: readMessages(headers, body).map(eventOf) };
    case 'webhook': {
      const batch = headers['webhook-id'];
      if (typeof batch !== 'string') throw new Error('a webhook came without webhook-id');
      return { batch, events: readWebhook(headers, body).map(eventOf) };
    }
  }
}

/** As workerd sends them to the service of a queue: a batch as JSON, or one message. */
function readMessages(headers: IncomingHttpHeaders, body: Buffer): Item[] {
  if (headers['cf-queue-batch-count'] === undefined) return [JSON.parse(body.toString()) as Item];
  const { messages } = JSON.parse(body.toString()) as { messages: { body: string }[] };
  return messages.map((each) => JSON.parse(Buffer.from(each.body, 'base64').toString()) as Item);
}

function readWebhook(headers: IncomingHttpHeaders, body: Buffer): Item[] {
  const type = headers['content-type'] ?? '';
  const content = JSON.parse(body.toString()) as unknown;
  if (type.startsWith('application/cloudevents-batch+json')) return content as Item[];
  if (type.startsWith('application/cloudevents+json')) return [content as Item];
  const subject = headers['ce-subject'];
  return [
    {
      id: String(headers['ce-id']),
      type: String(headers['ce-type']),
      ...(typeof subject === 'string' && { subject: decodeURIComponent(subject) }),
      data: content as EventReceived,
    },
  ];
}

/** @throws if the attributes say something else than the event that they are about */
function eventOf({ id, type, subject, data }: Item): IncomingEvent {
  const event = receivedEvent(data);
  const isSame =
    event.id === id &&
    (type === '*' || type === event.type) &&
    (subject === undefined || subject === event.path);
  if (!isSame) throw new Error(`${id} (${type}, ${subject}) came as ${JSON.stringify(data)}`);
  return { ...event, metadata: data.event.metadata ?? {} };
}
