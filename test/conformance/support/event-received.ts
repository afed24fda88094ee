/** Reads binary frames by the schema itself, so that the suite needs nothing of the server's code. */
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const PROTO = fileURLToPath(new URL('../../../proto/event.proto', import.meta.url));
const EventReceived = new protobuf.Root()
  .loadSync(PROTO, { keepCase: true })
  .lookupType('logical.EventReceived');

interface Value {
  readonly stringValue?: string;
}

interface Message {
  readonly event: { readonly metadata?: { readonly fields?: Readonly<Record<string, Value>> } };
}

/** A frame in the form of a JSON frame's `data`: what is empty is left out. */
export function decodeEventReceived(bytes: Uint8Array): Record<string, unknown> {
  const { event, ...received } = EventReceived.toObject(EventReceived.decode(bytes)) as Message;
  const { metadata, ...data } = event;
  return {
    event: { ...data, ...(metadata && { metadata: stringsOf(metadata.fields ?? {}) }) },
    ...received,
  };
}

/** Vault puts nothing but strings into metadata, and its clients expect nothing else. */
function stringsOf(fields: Readonly<Record<string, Value>>): Record<string, string> {
  const entries = Object.entries(fields).map(([key, { stringValue }]) => {
    if (stringValue === undefined) throw new Error(`metadata ${key} is not a string on the wire`);
    return [key, stringValue] as const;
  });
  return Object.fromEntries(entries);
}
