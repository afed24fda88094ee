/**
 * Converts JSON values to `google.protobuf.Struct` and back. protobufjs treats a Struct like any other message:
 * it encodes a plain object as an empty one, without an error.
 */
import type { JsonObject, JsonValue } from '../lib/json.ts';
import type { google } from './gen/proto.js';

type Struct = google.protobuf.Struct.$Properties;
type Value = google.protobuf.Value.$Properties;

export function toStruct(object: JsonObject): Struct {
  // On an object without a prototype, "__proto__" is a key like any other.
  const fields: Record<string, Value> = Object.create(null);
  for (const [key, value] of Object.entries(object)) fields[key] = toValue(value);
  return { fields };
}

function toValue(value: JsonValue): Value {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    default:
      break;
  }
  if (value === null) return { nullValue: 0 };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value) };
}

export function fromStruct(struct: Struct): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of Object.entries(struct.fields ?? {})) {
    Object.defineProperty(object, key, {
      value: fromValue(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

function fromValue(value: Value): JsonValue {
  if (value.stringValue != null) return value.stringValue;
  if (value.numberValue != null) return value.numberValue;
  if (value.boolValue != null) return value.boolValue;
  if (value.structValue != null) return fromStruct(value.structValue);
  if (value.listValue != null) return (value.listValue.values ?? []).map(fromValue);
  return null;
}
