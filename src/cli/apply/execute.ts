/** Makes the changes of a plan, one after the other, and stops at the first that fails. */
import { describeObject } from './object.ts';
import type { Change, Plan, WriteChange } from './plan.ts';
import type { Secrets } from './secrets.ts';
import type { Outcome, ServerObjects } from './server-objects.ts';
import { differences, type State } from './state.ts';

interface Report {
  /** How many changes were made. */
  readonly done: number;
  /** Why the next one was not. */
  readonly failure: string | undefined;
}

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** @param say receives a sentence for each change that was made, and each warning of the server */
export async function execute(
  server: ServerObjects,
  { changes }: Plan,
  secrets: Secrets,
  say: (message: string) => void,
): Promise<Report> {
  for (const [done, change] of changes.entries()) {
    const made = await make(server, change, secrets);
    if (!made.ok) return { done, failure: made.failure };
    say(`${DONE[change.action]} ${describeObject(change.object)}`);
    for (const warning of made.value.filter(isNews(change))) say(`warning: ${warning}`);
  }
  return { done: changes.length, failure: undefined };
}

/** Whether a warning of the server was not given already, when the files were checked. */
function isNews({ action, object }: Change): (warning: string) => boolean {
  const known = action === 'delete' ? [] : (object.kind.advice?.(object.state) ?? []);
  return (warning) => !known.includes(warning);
}

async function make(
  server: ServerObjects,
  change: Change,
  secrets: Secrets,
): Promise<Outcome<readonly string[]>> {
  if (change.action === 'delete') return server.delete(change.object);
  const changed = await changedMeanwhile(server, change);
  if (changed !== undefined) return { ok: false, failure: changed };
  return server.write(change.object, bodyOf(change, secrets));
}

/**
 * The API has no conditional write. So the object is read once more right before it is written, and only a change
 * within that moment is overwritten.
 *
 * @returns the message if somebody else has changed the object since the plan was made
 */
async function changedMeanwhile(
  server: ServerObjects,
  { object, before }: WriteChange,
): Promise<string | undefined> {
  const found = await server.read(object);
  // The write will say it.
  if (!found.ok || found.value.is === 'hidden') return undefined;
  const now = found.value.is === 'found' ? found.value.state : undefined;
  const isSame =
    now === undefined || before === undefined
      ? now === before
      : differences(before, now).length === 0;
  return isSame
    ? undefined
    : `${describeObject(object)} was changed by somebody else since the plan was made; look at the new plan first`;
}

/** The state, with the secrets in place of their number. */
function bodyOf({ object, writesSecrets }: WriteChange, secrets: Secrets): State {
  const member = object.kind.secrets?.member;
  if (member === undefined) return object.state;
  const { [member]: _, ...others } = object.state;
  const values = writesSecrets ? secrets.get(object) : undefined;
  return values === undefined ? others : { ...others, [member]: values };
}
