/** An event as one line for people: `17:04:02  kv-v2/data-write  secret/data/app  data-write`. */
import { isJsonObject } from '../../lib/json.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { clock, type Paint } from '../command/style.ts';
import { visible } from '../command/visible.ts';

export interface LineStyle {
  readonly paint: Paint;
  /** The Vault namespace of the request. Events of another one have theirs in the line. */
  readonly namespace: string;
}

const GAP = '  ';

/**
 * The line for a frame, or for an event in the form in which it is published.
 *
 * @param now Unix time in milliseconds, for an event that has no time
 */
export function readableLine(value: unknown, now: number, style: LineStyle): string {
  const { time, type, namespace, metadata } = partsOf(value);
  const { path, data_path, operation } = metadata;
  const { paint } = style;
  const where = trimSlashes(namespace);
  const columns = [
    paint('dim', clock(typeof time === 'string' ? time : now) ?? shown(time)),
    paint('cyan', shown(type)),
    paint('bold', shown(path ?? data_path)),
    shown(operation),
    where === trimSlashes(style.namespace) ? '' : paint('dim', `in ${shown(where) || 'root'}`),
  ];
  return `${columns.filter((column) => column !== '').join(GAP)}\n`;
}

function partsOf(value: unknown) {
  const frame = objectOf(value);
  const isFrame = isJsonObject(frame.data);
  const event = isFrame ? objectOf(frame.data) : frame;
  const { event_type: type, namespace } = event;
  return {
    time: frame.time,
    type,
    namespace: typeof namespace === 'string' ? namespace : '',
    metadata: objectOf(isFrame ? objectOf(event.event).metadata : event.metadata),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(value) ? value : {};
}

/** Text of an event, which must not control the terminal. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}
