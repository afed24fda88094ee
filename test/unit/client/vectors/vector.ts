/** The conformance vectors of `test/protocol-vectors`, whose README defines the format. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../protocol-vectors/', import.meta.url);

/** At least the first number, and less than the second. */
export type Range = readonly [from: number, below: number];

type Json = Readonly<Record<string, unknown>>;

export interface Subscription {
  readonly pattern?: string;
  readonly namespace?: string;
  readonly filter?: string;
  readonly namespaces?: readonly string[];
  readonly since?: string;
  readonly credit?: number;
}

export type Step =
  | {
      readonly client: 'connects';
      readonly since?: string;
      readonly lease?: string;
      readonly waits_ms?: Range;
    }
  | { readonly client: 'sends'; readonly message: Json }
  | { readonly client: 'pings' | 'sends heartbeat' | 'leaves'; readonly after_ms?: Range }
  | { readonly client: 'closes'; readonly code: number }
  | { readonly server: 'accepts'; readonly hello?: Json }
  | {
      readonly server: 'refuses';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly errors?: readonly string[];
    }
  | { readonly server: 'sends'; readonly message: Json }
  | { readonly server: 'sends'; readonly text: string }
  | { readonly server: 'sends'; readonly base64: string }
  | ({ readonly server: 'sends' } & EventsStep)
  | { readonly server: 'closes'; readonly code: number; readonly reason?: string }
  | { readonly server: 'breaks' | 'falls silent' }
  | { readonly program: 'takes'; readonly items: readonly string[] }
  | { readonly program: 'takes'; readonly events: readonly Json[] }
  | { readonly program: 'asks' | 'closes' }
  | { readonly program: 'fails'; readonly code: string; readonly status?: number }
  | { readonly time: 'passes'; readonly ms: number };

interface EventsStep {
  readonly events: readonly number[];
  readonly acknowledge?: boolean;
  readonly padding_bytes?: number;
}

export interface Vector {
  readonly version: number;
  readonly title: string;
  readonly sections: readonly string[];
  readonly needs?: readonly string[];
  readonly subscription?: Subscription;
  readonly steps: readonly Step[];
}

/** All vectors, by the names of their files. */
export function readVectors(): ReadonlyMap<string, Vector> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Vector]),
  );
}

/** The text of the hello that a vector names by what differs from the usual one. */
export function helloText(members: Json): string {
  return JSON.stringify({
    type: 'hello',
    resumed: true,
    credit: 256,
    ack_timeout_ms: 60_000,
    ...members,
  });
}

/** The text of a message with the events that have these numbers. */
export function eventsText({ events, acknowledge, padding_bytes = 0 }: EventsStep): string {
  return JSON.stringify({
    type: 'events',
    events: events.map((number) => ({ cursor: `c${number}`, event: cloudEvent(number) })),
    acknowledge,
    ...(padding_bytes > 0 && { padding: 'x'.repeat(padding_bytes) }),
  });
}

function cloudEvent(number: number): Json {
  const event = { id: `e-${number}`, metadata: { path: `secret/data/${number}` } };
  return {
    id: `e-${number}`,
    source: 'vault://test',
    specversion: '1.0',
    type: '*',
    data: { event, event_type: 'kv-v2/data-write' },
    datacontenttype: 'application/json',
    datacontentype: 'application/cloudevents',
    time: '2026-11-22T12:00:00Z',
  };
}
