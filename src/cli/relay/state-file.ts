/**
 * Where a relay is, in a file: written after the events up to there were published, so that whoever is
 * killed goes on from it. What was published and is not in it comes again, and is recognised by its id.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject } from '../../lib/json.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { reasonOfFileError } from '../file-error.ts';
import { replaceFile } from '../replace-file.ts';

/** What makes a subscription: a place in one means nothing in another. */
export interface Subscribed {
  readonly from: string;
  readonly namespace: string;
  readonly pattern: string;
  readonly namespaces: readonly string[];
}

const MEMBERS = ['from', 'namespace', 'pattern', 'namespaces'] as const;

/** What the file has beside its subscription. */
interface Place {
  /** Undefined where the origin gives none. */
  readonly cursor: string | undefined;
  /** RFC 3339; up to then nothing is missing. */
  readonly at: string;
}

export class StateFile {
  readonly path: string;
  /** What it said when it was opened; undefined where there was no file. */
  readonly found: Place | undefined;
  readonly #subscribed: Subscribed;

  private constructor(path: string, subscribed: Subscribed, found: Place | undefined) {
    this.path = path;
    this.found = found;
    this.#subscribed = subscribed;
  }

  /** @returns why the file cannot be that of this subscription, where it cannot */
  static open(path: string, subscribed: Subscribed): Result<StateFile> {
    let text: string | undefined;
    try {
      accessSync(dirname(path), constants.W_OK);
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code, path: missing } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || missing !== path) {
        return invalid(
          `the state file cannot be used: ${missing ?? path}: ${reasonOfFileError(error)}`,
        );
      }
    }
    if (text === undefined) return ok(new StateFile(path, subscribed, undefined));
    const found = read(path, text, subscribed);
    return found.ok ? ok(new StateFile(path, subscribed, found.value)) : found;
  }

  /** @returns why it was not written, where it was not */
  save(cursor: string | undefined, at: string): string | undefined {
    try {
      replaceFile(this.path, `${JSON.stringify({ ...this.#subscribed, cursor, at }, null, 2)}\n`);
      return undefined;
    } catch (error) {
      return reasonOfFileError(error);
    }
  }
}

function read(path: string, text: string, subscribed: Subscribed): Result<Place> {
  const state = parse(text);
  if (!isJsonObject(state) || !isTime(state.at)) {
    return invalid(`${path} is no state file of "carillon relay"; name another, or remove it`);
  }
  const other = MEMBERS.find(
    (member) => JSON.stringify(state[member]) !== JSON.stringify(subscribed[member]),
  );
  if (other !== undefined) {
    return invalid(
      `${path} is of another subscription: its "${other}" is ${JSON.stringify(state[other])}, not ${JSON.stringify(subscribed[other])}; name another state file, or remove this one`,
    );
  }
  const { cursor, at } = state;
  return ok({ cursor: typeof cursor === 'string' ? cursor : undefined, at });
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
