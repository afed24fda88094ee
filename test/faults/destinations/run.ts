/** A run of destinations: load, faults and failing receivers, and at the end the proof that everything arrived that may. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultKind, inflictAll, type Scene, schedule } from '../faults.ts';
import { Ledger } from '../ledger.ts';
import { prepare } from '../prepare.ts';
import { Publisher } from '../publisher.ts';
import { Random } from '../random.ts';
import { CHILD } from '../scenario.ts';
import { ServerUnderTest } from '../server.ts';
import { checkDestinations } from './checker.ts';
import { Control, type ShownAttempt } from './control.ts';
import type { Wrong } from './deliveries.ts';
import {
  aboutThemselves,
  type Course,
  courseOf,
  followed,
  lastRevoked,
  vacuous,
} from './follow.ts';
import { readJournals } from './journals.ts';
import { CHILD_POLICY, DESTINATIONS, LOST_POLICY, POLICIES } from './plan.ts';
import { Receiver } from './receiver.ts';
import { Supervision } from './supervision.ts';
import { targetsOf } from './targets.ts';
import { ANSWER_TIMEOUT_MS } from './times.ts';

export interface DestinationRunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: number;
  /** Seconds from one other fault to the next, on average. */
  readonly every: number;
  readonly publishers: number;
  /** Events a second, of all publishers together. */
  readonly rate: number;
  /** Whether events are lost on purpose, which the run must find. */
  readonly isSabotaged: boolean;
  readonly say: (line: string) => void;
}

export interface DestinationOutcome {
  readonly published: number;
  readonly acknowledged: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly courses: readonly Course[];
  readonly wrongs: readonly Wrong[];
  /** Of the destinations with which something is wrong, as the server shows them. */
  readonly attempts: Readonly<Record<string, readonly ShownAttempt[]>>;
  /** What should not have been answered or received. */
  readonly problems: readonly string[];
  /** How often receivers did what. */
  readonly behaviours: ReadonlyMap<string, number>;
  /** From the answer to the write of the policy until the last event arrived that needs what was lost. */
  readonly lastRevokedMs: number | undefined;
}

const LOOK_MS = 250;
/** At the end, the run waits as long as something arrives within this time. */
const SETTLE_MS = 30_000;
/** In which what should not come any more would come. */
const SILENCE_MS = 3000;
const EVENTS_OF_A_REQUEST = 20;

const FOLLOWED = DESTINATIONS.filter(({ isForDeadLetters }) => !isForDeadLetters);

export async function runDestinations(options: DestinationRunOptions): Promise<DestinationOutcome> {
  const data = mkdtempSync(join(tmpdir(), 'carillon-faults-'));
  const random = new Random(options.seed);
  const ledger = new Ledger(() => undefined);
  const receivers = await listen(ledger, random.fork());
  const targets = targetsOf(DESTINATIONS, (name) => portOf(receivers, name));
  const server = await ServerUnderTest.start(data, { targets });
  let outcome: DestinationOutcome | undefined;
  try {
    outcome = await proof({ ...options, ledger, random, receivers, server });
    return outcome;
  } finally {
    await server.stop();
    for (const receiver of receivers.values()) receiver.close();
    if (outcome === undefined || hasFailed(outcome)) {
      const { wrongs, problems, attempts } = outcome ?? {};
      const found = JSON.stringify({ wrongs, problems, attempts }, null, 1);
      writeFileSync(join(data, 'wrongs.json'), found);
      options.say(`what the server stored and logged, and all that is wrong, stay in ${data}`);
    } else {
      rmSync(data, { recursive: true, force: true });
    }
  }
}

export function hasFailed({ wrongs, problems }: DestinationOutcome): boolean {
  return wrongs.length > 0 || problems.length > 0;
}

async function listen(ledger: Ledger, random: Random): Promise<Map<string, Receiver>> {
  const receivers = new Map<string, Receiver>();
  const lateMs = 2 * ANSWER_TIMEOUT_MS;
  for (const { name, kind, manners } of DESTINATIONS) {
    const how = { kind, ledger, random: random.fork(), lateMs, ...manners };
    receivers.set(name, await Receiver.listen(how));
  }
  return receivers;
}

interface Parts extends DestinationRunOptions {
  readonly ledger: Ledger;
  readonly random: Random;
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly server: ServerUnderTest;
}

async function proof(parts: Parts): Promise<DestinationOutcome> {
  const { ledger, receivers, server, say } = parts;
  const control = new Control(() => server.port);
  const tokens = await prepare(server.port, parts.publishers);
  await writeAll(control, receivers);
  const supervision = new Supervision(control, DESTINATIONS);
  supervision.begin();
  const faults = new Map<FaultKind, number>();
  try {
    const publishers = tokens.publishers.map((token, index) => publisherOf(parts, token, index));
    const revokedAt = await load(parts, control, publishers, faults);

    for (const receiver of receivers.values()) receiver.calm();
    say(`         waiting until ${ledger.size} events have arrived`);
    const hubs = new Set(ledger.events.map(({ hub }) => hub));
    const history = async () => {
      const beginnings = await server.beginnings();
      const late = (name: string) => supervision.late(name);
      const known = { ledger, receivers, beginnings, revokedAt, late };
      const destinations = FOLLOWED.map((each) => followed(each, known));
      const journals = await readJournals(server.port, hubs);
      return { events: ledger.events, journals, destinations };
    };
    await settled(async () => {
      return checkDestinations(await history()).filter(({ kind }) => kind === 'lost').length;
    });
    // What it has stored is what a server goes on with that was killed once more.
    faults.set('killed', (faults.get('killed') ?? 0) + 1);
    await server.kill(0);
    await sleep(SILENCE_MS);
    await supervision.look();

    const end = await history();
    const wrongs = checkDestinations(end);
    const wronged = new Set(wrongs.map(({ destination }) => destination));
    return {
      published: ledger.size,
      acknowledged: ledger.acknowledged,
      faults,
      courses: FOLLOWED.flatMap((each, index) => {
        const it = end.destinations[index];
        return it === undefined ? [] : [courseOf(each, it)];
      }),
      behaviours: behavioursOf(receivers),
      wrongs,
      attempts: Object.fromEntries([...wronged].map((name) => [name, supervision.attempts(name)])),
      problems: [
        ...[...receivers].flatMap(([name, each]) =>
          each.problems.map((text) => `${name}: ${text}`),
        ),
        ...publishers.flatMap(({ problems }) => problems),
        ...aboutThemselves(receivers),
        ...vacuous(end.destinations, ledger),
      ],
      lastRevokedMs: lastRevoked(end.destinations, ledger),
    };
  } finally {
    await supervision.end();
  }
}

/** The policies, and then the destinations: one for dead letters has to be there before those that name it. */
async function writeAll(control: Control, receivers: Parts['receivers']): Promise<void> {
  for (const [name, policy] of Object.entries(POLICIES)) {
    await control.ask('PUT', `sys/policies/acl/${name}`, { policy });
  }
  await control.ask('PUT', `${CHILD}sys/policies/acl/reader`, { policy: CHILD_POLICY });
  const first = DESTINATIONS.filter(({ isForDeadLetters }) => isForDeadLetters);
  for (const each of new Set([...first, ...DESTINATIONS])) {
    await control.write(each, portOf(receivers, each.name));
  }
}

function publisherOf({ server, ledger, random, ...options }: Parts, token: string, index: number) {
  return new Publisher({
    name: `p${index}`,
    token,
    port: server.port,
    ledger,
    random: random.fork(),
    rate: options.rate / options.publishers,
    maxEvents: EVENTS_OF_A_REQUEST,
  });
}

/** Publishes while all goes wrong; in the middle a policy loses a right. @returns when the answer to that came */
async function load(
  { server, random, seconds, kills, every, isSabotaged, say }: Parts,
  control: Control,
  publishers: readonly Publisher[],
  counts: Map<FaultKind, number>,
): Promise<number> {
  const scene: Scene = {
    server,
    proxies: [],
    publishers,
    subscriptions: new Set(),
    random: random.fork(),
    note: (kind) => counts.set(kind, (counts.get(kind) ?? 0) + 1),
    isIdle: false,
    evictions: 0,
  };
  const publishing = Promise.all(publishers.map((publisher) => publisher.run()));
  const milliseconds = seconds * 1000;
  const revoking = sleep(milliseconds / 2)
    .then(() => control.ask('PUT', 'sys/policies/acl/losing', { policy: LOST_POLICY }))
    .then(() => performance.now());
  const plan = { milliseconds, kills, everyMs: every * 1000, isSabotaged } as const;
  const faults = schedule(random.fork(), { ...plan, has: 'destinations' });
  await inflictAll(faults, milliseconds, scene, say);
  const revokedAt = await revoking;
  for (const publisher of publishers) publisher.stop();
  await publishing;
  return revokedAt;
}

/** Waits until nothing is owed, or until that cannot be hoped for any more. */
async function settled(owed: () => Promise<number>): Promise<void> {
  let least = Infinity;
  let deadline = 0;
  do {
    const now = await owed();
    if (now === 0) return;
    if (now < least) deadline = performance.now() + SETTLE_MS;
    least = Math.min(least, now);
    await sleep(LOOK_MS);
  } while (performance.now() < deadline);
}

function behavioursOf(receivers: Parts['receivers']): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const { counts } of receivers.values()) {
    for (const [behaviour, count] of counts) sum.set(behaviour, (sum.get(behaviour) ?? 0) + count);
  }
  return sum;
}

function portOf(receivers: Parts['receivers'], name: string): number {
  const receiver = receivers.get(name);
  if (receiver === undefined) throw new Error(`there is no receiver ${name}`);
  return receiver.port;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
