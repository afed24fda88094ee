/**
 * What does each step of our code cost for an event of a batch? Runs the pure parts of a publish in Node, and counts its CPU.
 *
 * Usage: node bench/publish-steps.ts
 */
import { checkEvent } from '../src/event/event.ts';
import { eventBatch } from '../src/event/event-batch.ts';
import { authorize } from '../src/http/publishing/authorize-events.ts';
import { readNdjson } from '../src/ingest/raw-event.ts';
import { type CheckedEvent, readEvents } from '../src/ingest/read-events.ts';
import type { Result } from '../src/lib/result.ts';
import { Access } from '../src/policy/access.ts';
import { parsePolicy } from '../src/policy/policy.ts';
import { encodeWithinLimit } from '../src/wire/frame.ts';
import { EVENT_TYPE, eventTemplate, returnedFrameTemplate } from './contestants/carillon.ts';
import { MARK, stampOf } from './load/protocol.ts';
import { spread } from './measure/statistics.ts';

const BATCH = 500;
const ROUNDS = 31;
const REPETITIONS = 20;
const MARGIN = { name: 40, microseconds: 7 };

const HEADERS = new Headers({ 'content-type': 'application/x-ndjson' });
const DEFAULTS = {
  newId: () => crypto.randomUUID(),
  now: Date.now(),
  source: 'vault://carillon',
  cluster: 'carillon',
  namespace: '',
};

function of<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

function bodyOf(template: string): Uint8Array {
  const lines = Array.from({ length: BATCH }, (_, i) => template.replaceAll(MARK, stampOf(i, i)));
  return new TextEncoder().encode(lines.join('\n'));
}

function read(body: Uint8Array, eventType?: string): CheckedEvent[] {
  return of(readEvents(HEADERS, body, { ...DEFAULTS, ...(eventType && { eventType }) }));
}

const policy = of(
  parsePolicy(`
    path "sys/events/publish/bench/*" { capabilities = ["update"] }
    path "secret/data/*" { capabilities = ["create", "update"] }`),
);
const access = new Access('', [{ name: 'publisher', policy }], undefined);
const plain = bodyOf(eventTemplate());
const frames = bodyOf(returnedFrameTemplate());
const events = read(plain, EVENT_TYPE);
const returned = read(frames);
const raw = of(readNdjson(plain));

const STEPS: Readonly<Record<string, () => unknown>> = {
  'readEvents, of events': () => read(plain, EVENT_TYPE),
  'readEvents, of frames': () => read(frames),
  '  readNdjson (UTF-8, lines, JSON.parse)': () => readNdjson(plain),
  '  checkEvent': () =>
    raw.map(({ body }) => checkEvent(body, { ...DEFAULTS, eventType: EVENT_TYPE })),
  '  encodeWithinLimit': () => events.map(({ event }) => encodeWithinLimit(event)),
  '  the same, keys are sorted': () => returned.map(({ event }) => encodeWithinLimit(event)),
  authorize: () => authorize(events, access, '', true),
  eventBatch: () => eventBatch(events.map(({ event, json }) => ({ key: event.id, json }))),
};

for (const [name, step] of Object.entries(STEPS)) {
  const costs = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < REPETITIONS; i++) step();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / REPETITIONS / BATCH;
  });
  const { median, min } = spread(costs);
  const [typical, least] = [median, min].map((cost) => cost.toFixed(2));
  console.log(
    `${name.padEnd(MARGIN.name)} ${typical?.padStart(MARGIN.microseconds)} µs an event (least ${least})`,
  );
}
