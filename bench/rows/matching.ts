/**
 * What does it cost that a hub has many different subscriptions? Two thousand, each with a pattern, a filter
 * and a set of policies that no other has, of which ten match an event; beside those ten alone.
 */
import {
  type ClassOf,
  eventTemplateAt,
  makePolicy,
  makeToken,
  setOf,
} from '../contestants/carillon.ts';
import { type Slice, Stage } from '../contestants/stage.ts';
import type { Context } from '../context.ts';
import type { SocketSet } from '../load/protocol.ts';
import { interleave } from '../measure/pairs.ts';
import { detailsOf, faultsOf, type Row } from '../measure/row.ts';
import { spread } from '../measure/statistics.ts';

const TOPICS = 200;
/** Of those, a smaller hub has so many: does the cost grow with what exists? */
const FEWER_TOPICS = 20;
const POLICIES = 64;
const PAIRS = 6;
const REQUESTS = { whole: 200, quick: 100 };
const MAX_MICROSECONDS = 200;
/** The topic that is published. */
const TOPIC = 5;

/** Patterns that match the event of a topic and of no other, alike in no two topics; the filter sees to it for the last. */
const PATTERNS: readonly ((topic: number) => string)[] = [
  (topic) => `bench/t${topic}/event`,
  ...['', 'e', 'ev', 'eve', 'even'].map((begin) => (topic: number) => `bench/t${topic}/${begin}*`),
  (topic) => `bench/t${topic}*event`,
  (topic) => `bench/t${topic}/*t`,
  (topic) => `bench/*t${topic}/event`,
  () => 'bench/*',
];

export async function* matching(context: Context): AsyncGenerator<Row> {
  const { carillon, quick } = context;
  const size = quick ? 'quick' : 'whole';
  const topicsOf = (topics: number) => ({
    name: `10 of ${topics * PATTERNS.length}`,
    topics: Array.from({ length: topics }, (_, topic) => topic),
  });
  const halls = [topicsOf(TOPICS), topicsOf(FEWER_TOPICS), { name: '10 alone', topics: [TOPIC] }];
  const stages: Stage[] = [];
  try {
    const contestants = [];
    for (const { name, topics } of halls) {
      const stage = await Stage.open(context, { ...carillon, name });
      stages.push(stage);
      context.progress(`matching: ${name}`);
      const sets = await setsOf(stage, topics);
      await stage.seatSets(sets.filter(({ expects }) => !expects));
      const audience = await stage.seatSets(sets.filter(({ expects }) => expects));
      const run = {
        pace: { inFlight: 1, requests: REQUESTS[size] },
        alone: true,
        audience,
        path: `/v1/sys/events/publish/bench/t${TOPIC}/event`,
        template: eventTemplateAt(pathOf(TOPIC)),
      };
      contestants.push({ name, slice: () => stage.run(run) });
    }
    context.progress('matching: warming up');
    for (const { slice } of contestants) await slice();
    const rounds = await interleave(contestants, {
      rounds: PAIRS,
      maxSeconds: quick ? 20 : 60,
      progress: (text) => context.progress(`matching: ${text}`),
    });
    const [many = [], fewer = [], alone = []] = rounds.slices.values();
    const beyond = (slices: readonly Slice[]) =>
      slices.map((slice, round) => perEvent(slice) - perEvent(alone[round] ?? slice));
    const common = {
      unit: 'µs an event',
      measurements: many.length,
      dropped: rounds.dropped,
      faults: faultsOf(rounds),
    };
    yield {
      ...common,
      name: 'matching/2000',
      load: `${TOPICS * PATTERNS.length} distinct patterns, filters and policy sets, beyond the ${PATTERNS.length} that match`,
      value: spread(beyond(many)),
      target: { atMost: MAX_MICROSECONDS },
      details: detailsOf(rounds, 'an event', ({ events }) => events),
    };
    yield {
      ...common,
      name: 'matching/200',
      load: `${FEWER_TOPICS * PATTERNS.length} of them, beyond the ${PATTERNS.length} that match`,
      value: spread(beyond(fewer)),
      details: [],
    };
  } finally {
    for (const stage of stages) await stage.stop();
  }
}

async function setsOf({ server }: Stage, topics: readonly number[]): Promise<SocketSet[]> {
  for (let i = 0; i < POLICIES; i++) {
    await makePolicy(
      server,
      `p${i}`,
      `path "secret/data/+/item" { capabilities = ["list", "subscribe"] subscribe_event_types = ["bench/*"] }
       path "secret/data/team-${i}/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
    );
  }
  const pairs = pairsOf(POLICIES);
  const sets: SocketSet[] = [];
  for (const topic of topics) {
    for (const [variant, patternOf] of PATTERNS.entries()) {
      const pattern = patternOf(topic);
      const each: ClassOf = {
        pattern,
        policy: '',
        filter:
          pattern === 'bench/*'
            ? `data_path == "${pathOf(topic)}"`
            : `operation != "data-${topic}-${variant}"`,
        json: variant % 2 === 0,
        expects: topic === TOPIC,
      };
      const [one, two] = pairs[topic * PATTERNS.length + variant] ?? [0, 1];
      const token = await makeToken(server, [`p${one}`, `p${two}`]);
      sets.push(setOf(each, token, 1, 'stock'));
    }
  }
  return sets;
}

function pathOf(topic: number): string {
  return `secret/data/t${topic}/item`;
}

/** Sets of two, each once. */
function pairsOf(number: number): [number, number][] {
  return Array.from({ length: number }, (_, one) =>
    Array.from({ length: one }, (_, two): [number, number] => [one, two]),
  ).flat();
}

function perEvent({ cpuMicroseconds, events }: Slice): number {
  return cpuMicroseconds / events;
}
