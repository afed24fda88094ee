/** The messages of carillon.v1 as a client reads and writes them, by the schema and without the server's code. */
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { ServerMessage } from '../../src/wire/carillon-v1/messages.ts';
import type { ReceivedEvent } from './ledger.ts';
import { type EventReceived, receivedEvent } from './stock-subscription.ts';

/** What the tests need of a message of the server. */
type Incoming =
  | { readonly type: 'hello'; readonly cursor: string; readonly gap: string | undefined }
  | { readonly type: 'events'; readonly events: readonly IncomingEvent[] }
  | { readonly type: 'gap'; readonly cursor: string; readonly reason: string }
  | {
      readonly type: 'goodbye';
      readonly reason: string;
      readonly reconnect: boolean;
      readonly after_ms: number;
    };

interface IncomingEvent {
  readonly cursor: string;
  readonly event: ReceivedEvent;
}

export interface Messages {
  readonly subprotocol: string;
  read(data: Buffer): Incoming;
  ack(cursor: string): string | Uint8Array;
  credit(events: number): string | Uint8Array;
}

export const jsonMessages: Messages = {
  subprotocol: 'carillon.v1.json',
  read(data) {
    const message = JSON.parse(data.toString()) as ServerMessage;
    switch (message.type) {
      case 'hello':
        return { ...message, gap: message.gap?.reason };
      case 'events': {
        const events = message.events.map(({ cursor, event }) => {
          const { data } = event as unknown as { readonly data: EventReceived };
          return { cursor, event: receivedEvent(data) };
        });
        return { type: 'events', events };
      }
      default:
        return message;
    }
  },
  ack: (cursor) => JSON.stringify({ type: 'ack', cursor }),
  credit: (events) => JSON.stringify({ type: 'credit', events }),
};

const schema = new protobuf.Root().loadSync(
  fileURLToPath(new URL('../../proto/carillon.proto', import.meta.url)),
  { keepCase: true },
);
const ServerMessageType = schema.lookupType('carillon.v1.ServerMessage');
const ClientMessageType = schema.lookupType('carillon.v1.ClientMessage');

interface ProtobufEvent {
  readonly cursor: string;
  readonly received: {
    readonly event: { readonly id: string; readonly metadata?: { readonly fields?: Fields } };
    readonly namespace?: string;
    readonly event_type: string;
  };
}

type Fields = Readonly<Record<string, { readonly stringValue?: string }>>;

export const protobufMessages: Messages = {
  subprotocol: 'carillon.v1.proto',
  read(data) {
    const { hello, events, gap, goodbye } = ServerMessageType.toObject(
      ServerMessageType.decode(data),
      { defaults: true, oneofs: true },
    );
    if (hello) return { type: 'hello', cursor: hello.cursor, gap: hello.gap?.reason };
    if (events) return { type: 'events', events: events.events.map(incomingEvent) };
    if (gap) return { type: 'gap', cursor: gap.cursor, reason: gap.reason };
    return { type: 'goodbye', ...goodbye };
  },
  ack: (cursor) => clientMessage({ ack: { cursor } }),
  credit: (events) => clientMessage({ credit: { events } }),
};

function clientMessage(message: object): Uint8Array {
  return ClientMessageType.encode(ClientMessageType.fromObject(message)).finish();
}

function incomingEvent({ cursor, received }: ProtobufEvent): IncomingEvent {
  const { event, namespace, event_type } = received;
  const path = event.metadata?.fields?.path?.stringValue;
  const metadata = { ...(path !== undefined && { path }) };
  const rest = { event_type, ...(namespace !== undefined && { namespace }) };
  return { cursor, event: receivedEvent({ event: { id: event.id, metadata }, ...rest }) };
}
