/** The cases of `test/fixtures`, which describe the wire apart from the code that is tested. */
import { readFileSync } from 'node:fs';
import type { Event, PluginInfo } from '../../../src/event/event.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as T;
}

/** An event as the cases write it: what is empty may be null or missing. */
export interface CaseEvent {
  readonly id: string;
  readonly event_type: string;
  readonly metadata?: JsonObject | null;
  readonly namespace?: string;
  readonly entity_ids?: readonly string[];
  readonly note?: string;
  readonly plugin_info?: PluginInfo | null;
}

export function eventOfCase(event: CaseEvent, source: string, time: string): Event {
  return {
    id: event.id,
    time,
    source,
    event_type: event.event_type,
    namespace: event.namespace ?? '',
    ...(event.metadata && { metadata: event.metadata }),
    entity_ids: event.entity_ids ?? [],
    note: event.note ?? '',
    ...(event.plugin_info && { plugin_info: event.plugin_info }),
  };
}
