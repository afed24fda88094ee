/** A dispatcher, and what it calls: destinations and hubs that tests answer for. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { DestinationSettings } from '../../../src/destination/settings.ts';
import { Hub } from '../../../src/hub/hub.ts';
import { WildcardHub } from '../../../src/hub/wildcard-hub.ts';
import { ok, type Result } from '../../../src/lib/result.ts';
import type { Announcement } from '../../../src/objects/announcement.ts';
import type {
  CommandAnswer,
  DestinationContract,
  DestinationWrite,
  WakeAnswer,
} from '../../../src/objects/destination-contract.ts';
import type {
  FeedPosition,
  HubContract,
  WildcardHubContract,
} from '../../../src/objects/hub-contract.ts';
import { dispatcherName, parseDestinationName } from '../../../src/objects/names.ts';
import { Destination } from '../../../src/push/destination.ts';
import { sql } from '../security-support.ts';

/** @param key of its Vault namespace */
export function dispatcher(key = '') {
  return env.DISPATCHER.getByName(dispatcherName(key));
}

/** What an operator writes. */
export function writing(
  pattern: string,
  more: Partial<DestinationSettings> & { readonly owner?: string } = {},
): DestinationWrite {
  const { owner = 'token 1', ...settings } = more;
  return {
    settings: {
      pattern,
      namespaces: [''],
      filter: '',
      policies: ['p'],
      target: { type: 'worker', binding: 'CACHE' },
      format: 'cloudevents-structured',
      batchMaxEvents: 1,
      batchMaxWaitMs: 0,
      concurrency: 1,
      maxAttempts: 20,
      maxAgeMs: 86_400_000,
      deadLetter: { kind: 'event' },
      ...settings,
    },
    start: undefined,
    secrets: undefined,
    owner,
  };
}

type Asked<Args extends unknown[], Answer> = (
  name: string,
  ...args: Args
) => Answer | Promise<Answer>;

/** What destinations answer. The first argument is the name of the one that is asked. */
interface Answers {
  wake: Asked<[hubs: readonly string[]], WakeAnswer>;
  configure: Asked<
    [write: DestinationWrite, ends: Readonly<Record<string, FeedPosition>>],
    Result<undefined>
  >;
  command: Asked<[], Result<CommandAnswer>>;
  wipe: Asked<[], void>;
}

/** Answers for all destinations. @returns the calls, in order: what was asked, the name, and what it was given */
export function destinationsAnswer(answers: Partial<Answers> = {}): unknown[][] {
  const calls: unknown[][] = [];
  const all: Answers = {
    wake: () => ({}),
    configure: () => ok(undefined),
    command: () => ok({}),
    wipe: () => undefined,
    ...answers,
  };
  for (const method of ['wake', 'configure', 'command', 'wipe'] as const) {
    const answer = all[method] as Asked<unknown[], unknown>;
    vi.spyOn(Destination.prototype as DestinationContract, method).mockImplementation(
      async function (this: unknown, ...args: unknown[]) {
        const { ctx } = this as { ctx: DurableObjectState };
        const { name } = parseDestinationName(ctx.id.name);
        calls.push([method, name, ...args]);
        return (await answer(name, ...args)) as never;
      },
    );
  }
  return calls;
}

/** The calls of one kind. */
export function callsOf(calls: readonly unknown[][], method: keyof Answers): unknown[][] {
  return calls.filter(([each]) => each === method).map(([, ...rest]) => rest);
}

/** Answers for all hubs. @returns the announcements to each hub, in order */
export function hubsAnswer(
  ends: Record<string, FeedPosition | undefined>,
  before: (hub: string) => void | Promise<void> = () => undefined,
): [hub: string, announcement: Announcement][] {
  const told: [string, Announcement][] = [];
  const nameOf = (object: unknown) => (object as { ctx: DurableObjectState }).ctx.id.name ?? '';
  vi.spyOn(WildcardHub.prototype as WildcardHubContract, 'announce').mockImplementation(
    async function (this: unknown, announcement: Announcement) {
      await before(nameOf(this));
      told.push([nameOf(this), announcement]);
      return Object.keys(ends);
    },
  );
  vi.spyOn(Hub.prototype as HubContract, 'announce').mockImplementation(async function (
    this: unknown,
    _dispatcher: string,
    announcement: Announcement,
  ) {
    await before(nameOf(this));
    told.push([nameOf(this), announcement]);
    return ends[nameOf(this)];
  });
  return told;
}

/** Lets what is to be repeated be due, and repeats it. */
export async function ring(key = ''): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 120_000);
  await runInDurableObject(dispatcher(key), (object) => object.alarm());
}

/** The names of the tables that it has. */
export function tablesOf(key = '') {
  return sql(
    dispatcher(key),
    "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*' AND name NOT GLOB 'sqlite*'",
  );
}

/** Something that a test opens when it wants. */
export function aGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Why a call fails. An assertion on what a stub returns would call it once more. */
export async function failureOf(call: PromiseLike<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.message : `no error: ${error}`;
}
