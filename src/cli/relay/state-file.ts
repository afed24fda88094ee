/**
 * The position of a relay, in a file. It is written after the events up to there were published, so a relay that was
 * killed resumes from it. Events that were published and are not in it are delivered again, and recognised by their
 * ids.
 */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { readFileIfExists, reasonOfFileError, tryReplaceFile } from '../input/files.ts';

/** What identifies a subscription. A position in one means nothing in another. */
export interface OriginSubscription {
  readonly from: string;
  readonly namespace: string;
  readonly pattern: string;
  readonly namespaces: readonly string[];
}

const MEMBERS = ['from', 'namespace', 'pattern', 'namespaces'] as const;

interface RelayPosition {
  /** Undefined if the origin has none. */
  readonly cursor: string | undefined;
  /** RFC 3339. Nothing is missing up to then. */
  readonly at: string;
}

export class StateFile {
  /** What the file said when it was opened; undefined if there was none. */
  readonly found: RelayPosition | undefined;
  readonly #path: string;
  readonly #subscription: OriginSubscription;

  private constructor(
    path: string,
    subscription: OriginSubscription,
    found: RelayPosition | undefined,
  ) {
    this.#path = path;
    this.#subscription = subscription;
    this.found = found;
  }

  /** Fails if the file cannot be that of this subscription. */
  static open(path: string, subscription: OriginSubscription): Result<StateFile> {
    let text: string | undefined;
    try {
      accessSync(dirname(path), constants.W_OK);
      text = readFileIfExists(path);
    } catch (error) {
      const { path: refused = path } = error as NodeJS.ErrnoException;
      return invalid(`the state file cannot be used: ${refused}: ${reasonOfFileError(error)}`);
    }
    if (text === undefined) return ok(new StateFile(path, subscription, undefined));
    const found = readPosition(path, text, subscription);
    return found.ok ? ok(new StateFile(path, subscription, found.value)) : found;
  }

  save(position: RelayPosition): Result<void> {
    const state = { ...this.#subscription, ...position };
    return tryReplaceFile(this.#path, `${JSON.stringify(state, null, 2)}\n`);
  }
}

function readPosition(
  path: string,
  text: string,
  subscription: OriginSubscription,
): Result<RelayPosition> {
  const json = parseJson(text);
  const state = json.ok && isJsonObject(json.value) ? json.value : {};
  const { cursor, at } = state;
  if (!isTime(at)) {
    return invalid(`${path} is no state file of "carillon relay"; name another, or remove it`);
  }
  const other = MEMBERS.find(
    (member) => JSON.stringify(state[member]) !== JSON.stringify(subscription[member]),
  );
  if (other !== undefined) {
    return invalid(
      `${path} is of another subscription: its "${other}" is ${JSON.stringify(state[other])}, not ${JSON.stringify(subscription[other])}; name another state file, or remove this one`,
    );
  }
  return ok({ cursor: typeof cursor === 'string' ? cursor : undefined, at });
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
