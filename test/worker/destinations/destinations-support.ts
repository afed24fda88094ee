/** What the tests of destinations share: a Worker that they deliver to, and what it got. */
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { destinationName } from '../../../src/objects/names.ts';
import type { DestinationBatch } from '../../../src/wire/destination-batch.ts';
import { aName, type Client, granting, root } from '../security-support.ts';

/** A destination of the tests waits at most so long for what is on its way: a busy machine is slow, not wrong. */
const ARRIVES_WITHIN_MS = 20_000;

interface Received {
  received(destination: string): Promise<DestinationBatch[]>;
}

/** Batches that the Worker was called with for a destination, in their order. */
export function batchesOf(destination: string): Promise<DestinationBatch[]> {
  return (env as unknown as { readonly RECEIVER: Received }).RECEIVER.received(destination);
}

/** The ids of all events in them. */
export async function idsOf(destination: string): Promise<string[]> {
  return (await batchesOf(destination)).flatMap(({ events }) => events.map((each) => idOf(each)));
}

function idOf(event: unknown): string {
  return (event as { readonly id: string }).id;
}

/** Resolves when the destination has been given these ids, whatever else it was given. */
export async function arrived(destination: string, ids: readonly string[]): Promise<void> {
  await eventually(async () => {
    expect(await idsOf(destination)).toEqual(expect.arrayContaining([...ids]));
  });
}

export async function eventually(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: ARRIVES_WITHIN_MS, interval: 50 });
}

/** A policy by which a destination sees events below these paths. @returns its name */
export async function aSight(paths: readonly string[], by: Client = root): Promise<string> {
  const name = aName('sight');
  await seeing(name, paths, by);
  return name;
}

/** Changes such a policy. */
export async function seeing(
  name: string,
  paths: readonly string[],
  by: Client = root,
): Promise<void> {
  const rules = Object.fromEntries(paths.map((path) => [path, 'list subscribe']));
  await by.writes(`sys/policies/acl/${name}`, { policy: granting(rules) });
}

/** Writes a destination that delivers to the Worker. @returns its name */
export async function aDestination(
  members: Readonly<Record<string, unknown>>,
  { by = root, name = aName('destination') }: { by?: Client; name?: string } = {},
): Promise<string> {
  await by.writes(`sys/events/destinations/${name}`, {
    type: 'worker',
    binding: 'RECEIVER',
    ...members,
  });
  return name;
}

export function destinationStub(name: string, namespaceKey = '') {
  return env.DESTINATION.getByName(destinationName(namespaceKey, name));
}

/** An event of a type that nobody else has. @returns its id */
export function publishedAt(
  eventType: string,
  path: string,
  members: Readonly<Record<string, unknown>> = {},
  by: Client = root,
): Promise<string> {
  return by.published(eventType, { metadata: { path }, ...members });
}
