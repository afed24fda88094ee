/**
 * The position of a subscription, in a file. It is written after the events up to there were processed, so a command
 * that was killed resumes from it. Events that were processed and are not in it are processed again.
 */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { parseJson } from '../../lib/text.ts';
import { readFileIfExists, reasonOfFileError, tryReplaceFile } from '../input/files.ts';

/** What identifies a subscription, by names for messages. A position in one means nothing in another. */
type SubscriptionIdentity = Readonly<Record<string, string | readonly string[]>>;

interface Position {
  /** Undefined if the server has none. */
  readonly cursor: string | undefined;
  /** RFC 3339. Nothing is missing up to then. */
  readonly at: string;
}

export class PositionFile {
  /** What the file said when it was opened; undefined if there was none. */
  readonly found: Position | undefined;
  readonly #path: string;
  readonly #subscription: SubscriptionIdentity;

  private constructor(
    path: string,
    subscription: SubscriptionIdentity,
    found: Position | undefined,
  ) {
    this.#path = path;
    this.#subscription = subscription;
    this.found = found;
  }

  /**
   * Fails if the file cannot be that of this subscription.
   *
   * @param command whose file it is, for the message
   */
  static open(
    path: string,
    command: string,
    subscription: SubscriptionIdentity,
  ): Result<PositionFile> {
    if (path === '') return invalid('the path of the state file is empty');
    let text: string | undefined;
    try {
      accessSync(dirname(path), constants.W_OK);
      text = readFileIfExists(path);
    } catch (error) {
      const { path: refused = path } = error as NodeJS.ErrnoException;
      return invalid(`the state file cannot be used: ${refused}: ${reasonOfFileError(error)}`);
    }
    if (text === undefined) return ok(new PositionFile(path, subscription, undefined));
    const found = readPosition(path, text, command, subscription);
    return found.ok ? ok(new PositionFile(path, subscription, found.value)) : found;
  }

  save(position: Position): Result<void> {
    const state = { ...this.#subscription, ...position };
    return tryReplaceFile(this.#path, `${JSON.stringify(state, null, 2)}\n`);
  }
}

function readPosition(
  path: string,
  text: string,
  command: string,
  subscription: SubscriptionIdentity,
): Result<Position> {
  const json = parseJson(text);
  const state = json.ok && isJsonObject(json.value) ? json.value : {};
  const { cursor, at } = state;
  if (!isTime(at)) {
    return invalid(`${path} is no state file of "carillon ${command}"; name another, or remove it`);
  }
  const other = Object.keys(subscription).find(
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
