/**
 * The attributes of CloudEvents 1.0.
 *
 * The `cloudevents` package validates every event. Its `HTTP.toEvent` is not used, because it changes a time to UTC
 * milliseconds (a frame must come out as it went in), replaces an invalid time by the current time, makes up a missing
 * id, and cannot say which event of a batch is wrong.
 */
import { CloudEvent, ValidationError } from 'cloudevents';
import { isTimestamp, normalizeTimestamp } from '../../event/time.ts';
import { isJsonObject, withoutNulls } from '../../lib/json.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { isBase64 } from '../../lib/text.ts';
import { isJsonMediaType, parseContentType } from '../content-type.ts';
import { dataOfJson } from './data.ts';

export type Attributes = Record<string, unknown>;

/** @returns the attributes without those that are null, and in one form, whatever the mode was */
export function checkCloudEvent(cloudEvent: unknown): Result<Attributes> {
  if (!isJsonObject(cloudEvent)) {
    return invalid(`a CloudEvent must be a JSON object, not ${kindOf(cloudEvent)}`);
  }
  // In the JSON format null means that the attribute is absent (section 2.2).
  const attributes = withoutNulls(cloudEvent);
  const { specversion, id, data, data_base64 } = attributes;
  if (specversion === undefined) return invalid('the CloudEvent has no specversion');
  if (specversion !== '1.0') {
    return invalid(`CloudEvents specversion ${quote(specversion)} is not supported, only "1.0" is`);
  }
  // The package would make up an id and a time.
  if (id === undefined || id === '') return invalid('the CloudEvent has no id');
  if (typeof id !== 'string') return invalid(`id must be a string, not ${kindOf(id)}`);
  if (typeof attributes.time === 'string') {
    attributes.time = normalizeTimestamp(attributes.time) ?? attributes.time;
  }
  if (data_base64 !== undefined) {
    if (data !== undefined) return invalid('the CloudEvent has both data and data_base64');
    if (typeof data_base64 !== 'string' || !isBase64(data_base64)) {
      return invalid('data_base64 is not Base64');
    }
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (CONTEXT.has(name) || name === 'dataschema') continue;
    if (!/^[a-z0-9]+$/.test(name)) {
      return invalid(
        `the name of attribute ${quote(name)} may only have lower-case letters and digits`,
      );
    }
    if (!isExtensionValue(value)) {
      return invalid(
        `extension attribute ${quote(name)} must be a string, a boolean or an integer, not ${kindOf(value)}`,
      );
    }
  }
  try {
    // The strict constructor fails on an extension that has the name of a method.
    CloudEvent.prototype.validate.call(new CloudEvent(attributes, false));
    acceptedSource = String(attributes.source);
  } catch (error) {
    if (error instanceof TypeError) {
      return invalid(`not a CloudEvent: ${reasonOf(error, attributes)}`);
    }
    throw error;
  }
  return inOneForm(attributes);
}

/** The attributes in the form that they have in every mode: binary mode has only texts for extensions. */
function inOneForm({ data, data_base64, ...attributes }: Attributes): Result<Attributes> {
  const { datacontenttype } = attributes;
  const type = typeof datacontenttype === 'string' ? datacontenttype : undefined;
  const content = dataOfJson(type, { data, data_base64 });
  if (!content.ok) return content;
  for (const [name, value] of Object.entries(attributes)) attributes[name] = String(value);
  return ok({ ...attributes, ...content.value });
}

/** The `source` of the last CloudEvent that the package accepted. */
let acceptedSource: string | undefined;

/** The attributes of a frame: `encodeJson` writes these, and no other. */
type FrameAttributes = Attributes & { readonly id: string };

const FRAME_ATTRIBUTES = 8;

/**
 * Whether a CloudEvent has the attributes of a frame, with values that `checkCloudEvent` would accept as they are. The
 * package takes longer than everything else that reads a frame, and most frames come from the same source as the one
 * before.
 */
export function hasAttributesOfFrame(cloudEvent: unknown): cloudEvent is FrameAttributes {
  if (!isJsonObject(cloudEvent)) return false;
  const { id, source, specversion, type, data, datacontenttype, datacontentype, time } = cloudEvent;
  return (
    specversion === '1.0' &&
    type === '*' &&
    datacontenttype === 'application/json' &&
    datacontentype === 'application/cloudevents' &&
    typeof id === 'string' &&
    id !== '' &&
    source !== undefined &&
    source === acceptedSource &&
    typeof time === 'string' &&
    isTimestamp(time) &&
    isJsonObject(data) &&
    Object.keys(cloudEvent).length === FRAME_ATTRIBUTES
  );
}

/** The types that an extension attribute can have in JSON and in headers (section 3 of CloudEvents). */
function isExtensionValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value);
}

/** The message of the package quotes the value that it rejects, which may be long. */
const MAX_REASON_CHARACTERS = 120;

function reasonOf(error: TypeError, attributes: Attributes): string {
  const problem = error instanceof ValidationError ? error.errors?.[0] : undefined;
  if (typeof problem === 'object' && problem !== null && 'instancePath' in problem) {
    const name = problem.instancePath.replace(/^\//, '');
    const value = attributes[name];
    const shown = typeof value === 'string' && value !== '' ? ` ${quote(value)}` : '';
    return `${name}${shown} ${problem.message}`.trim();
  }
  return error.message.slice(0, MAX_REASON_CHARACTERS).split('\n')[0] ?? '';
}

/** Attributes that become members of an event, or that describe the encoding of the data. */
const CONTEXT = new Set([
  'id',
  'source',
  'specversion',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'data',
  'data_base64',
]);

/** The attributes that become metadata. The content type is one of them if the data is not JSON. */
export function otherAttributes(attributes: Attributes): [name: string, value: unknown][] {
  const { datacontenttype: type } = attributes;
  const others = Object.entries(attributes).filter(([name]) => !CONTEXT.has(name));
  return typeof type === 'string' && !isJsonMediaType(parseContentType(type).mediaType)
    ? [...others, ['datacontenttype', type]]
    : others;
}
