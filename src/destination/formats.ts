/**
 * The forms in which events are sent: the modes of CloudEvents' HTTP binding, and what a stock subscriber gets. Each can be
 * published unchanged.
 */
import type { Event } from '../event/event.ts';
import { encodeHeaderText } from '../lib/header-text.ts';
import type { DeliveredEvent } from '../wire/destination-batch.ts';
import { encodeCloudEvent, encodeData, subjectOf } from '../wire/json.ts';
import type { Format } from './settings.ts';

/** An event, and its JSON frame. */
export interface FramedEvent {
  readonly event: Event;
  readonly json: string;
}

/** What is sent of a request, without its signature. */
export interface Content {
  /** Content-Type, and the attributes in binary mode. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STRUCTURED = { 'Content-Type': 'application/cloudevents+json' };
const BATCH = { 'Content-Type': 'application/cloudevents-batch+json' };

/**
 * @param events one, unless the format is a list
 * @param mayBeSeveral whether batches of the destination may have several events: `vault` is a list then, also of one event
 */
export function contentOf(
  events: readonly FramedEvent[],
  format: Format,
  mayBeSeveral: boolean,
): Content {
  const texts = () => events.map((each) => eventText(each, format));
  const list = () => ({ headers: BATCH, body: `[${texts().join(',')}]` });
  switch (format) {
    case 'cloudevents-batch':
      return list();
    case 'vault':
      return mayBeSeveral ? list() : { headers: STRUCTURED, body: texts().join('') };
    case 'cloudevents-structured':
      return { headers: STRUCTURED, body: texts().join('') };
    case 'cloudevents-binary':
      return binaryContent(events.map(({ event }) => event));
  }
}

/** For a Worker and a queue. */
export function deliveredEvent(event: FramedEvent, format: Format): DeliveredEvent {
  return JSON.parse(eventText(event, format)) as DeliveredEvent;
}

/** The CloudEvent of an event in JSON. */
function eventText({ event, json }: FramedEvent, format: Format): string {
  return format === 'vault' ? json.trimEnd() : encodeCloudEvent(event);
}

/** The attributes are headers, and the body is the data. */
function binaryContent([event]: readonly Event[]): Content {
  if (event === undefined) throw new Error('a batch has an event');
  const subject = subjectOf(event);
  const attributes = {
    'ce-specversion': '1.0',
    'ce-id': event.id,
    'ce-source': event.source,
    'ce-type': event.event_type,
    ...(subject !== '' && { 'ce-subject': subject }),
    'ce-time': event.time,
  };
  const headers = Object.entries(attributes).map(([name, value]) => [
    name,
    encodeHeaderText(value),
  ]);
  return {
    headers: { ...Object.fromEntries(headers), 'Content-Type': 'application/json' },
    body: encodeData(event),
  };
}
