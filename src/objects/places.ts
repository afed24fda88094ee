/**
 * At which place a hub is. Its callers know that from the variable `MOVED_HUBS`, so that they ask nobody. An object whose
 * hub is elsewhere, or on the way, refuses them.
 */
import { type MovedHubs, parseMovedHubs } from '../config/moved-hubs.ts';
import type { Variables } from '../config/variables.ts';
import { FIRST_PLACE, nameForOperators } from './names.ts';
import { messageOf } from './storage-failure.ts';

const parsed = new WeakMap<
  object,
  { readonly text: string | undefined; readonly moved: MovedHubs }
>();

/** @throws if the operator has set a value that is wrong: a call would reach other objects */
export function movedHubs(env: Env & Variables): MovedHubs {
  const known = parsed.get(env);
  const text = env.MOVED_HUBS;
  if (known !== undefined && known.text === text) return known.moved;
  const moved = parseMovedHubs(env);
  if (!moved.ok) throw new Error(moved.failure.message);
  parsed.set(env, { text, moved: moved.value });
  return moved.value;
}

/** @param hub as `hubName` makes it */
export function placeOfHub(env: Env, hub: string): number {
  return movedHubs(env).get(hub) ?? FIRST_PLACE;
}

/** The refusals of an object, each with the place of the hub, or of the object. */
const REFUSALS = {
  left: (place: number) =>
    `moves to place ${place}, and the object of its place before serves nothing`,
  arriving: (place: number) =>
    `moves to place ${place}, and serves nothing until all of its events are there`,
  nothing: (place: number) =>
    `has not moved to place ${place}, which MOVED_HUBS names or a request has asked for`,
};

/** Only the text of an error crosses an RPC. */
export function hubElsewhere(hub: string, why: keyof typeof REFUSALS, place: number): string {
  return `${nameForOperators(hub)} ${REFUSALS[why](place)}; try again later`;
}

/** Whether an object says so. */
export function isHubElsewhere(error: unknown): boolean {
  return /^the hub of .* (moves|has not moved) to place \d+, /.test(messageOf(error));
}
