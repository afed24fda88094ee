/**
 * What may come again. A replica has in memory how far it has the journal of its hub. If it loses its memory while its sockets
 * stay, a page may be fed to it for a second time, and nothing tells it that its subscribers have the events. One that
 * acknowledges nothing receives them again then.
 */
import { parseReplicaName } from '../../src/objects/names.ts';
import type { History, PublishedEvent, Receipt } from './history.ts';

/** An event that came again. */
export interface Repeat {
  /** Undefined if nobody published it. */
  readonly event: PublishedEvent | undefined;
  readonly before: Receipt | undefined;
  readonly again: Receipt | undefined;
  /** How often it has come again on this connection. */
  readonly times: number;
}

/** What the clock of an object may differ. */
const SLACK_MS = 10;

/** Whether a replica began without memory as often, after the event was sent and the connection was there. */
export function mayRepeat(
  { event, before, again, times }: Repeat,
  beginnings: History['beginnings'],
): boolean {
  if (event === undefined || again === undefined) return false;
  const { object, at } = again.connection;
  if (before?.connection !== again.connection || parseReplicaName(object) === undefined) {
    return false;
  }
  const earliest = Math.max(event.sent, at) - SLACK_MS;
  const latest = again.at + SLACK_MS;
  const forgotten = (beginnings.get(object) ?? []).filter(
    (begun) => begun >= earliest && begun <= latest,
  );
  return forgotten.length >= times;
}

/** Sentences about those that may not have come again on their connection. */
export function unexpectedRepeats(
  repeats: readonly Repeat[],
  beginnings: History['beginnings'],
): string[] {
  return repeats
    .filter((repeat) => !mayRepeat(repeat, beginnings))
    .map(({ event, again }) => {
      return `received ${event?.id} twice on one connection to ${again?.connection.object}`;
    });
}
