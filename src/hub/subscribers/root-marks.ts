/**
 * The values of the root token that sockets came with. No authority knows the root token, so nobody tells a hub that one
 * is not listed any more. A change of the secret replaces each object, so a hub finds it when it is composed, before it
 * delivers anything.
 *
 * Sockets that release 0.2 accepted, or whose handshake came from a Worker of it, have no mark. They end with their lifetime.
 */

import { rootTokensOf } from '../../config/root-tokens.ts';
import type { Variables } from '../../config/variables.ts';
import { rootMark } from '../../token/root-mark.ts';
import type { SocketCloser } from './socket-closer.ts';

/** The marks that sockets may have. One entry, so that a hub need not look at every socket. */
export const ROOT_MARKS_KEY = 'root_marks';

export class RootMarks {
  readonly #kv: DurableObjectStorage['kv'];
  readonly #variables: Variables;
  #stored: readonly string[];
  /** Computed when it is first needed. */
  #listed: ReadonlySet<string> | undefined;

  constructor({ kv }: DurableObjectStorage, variables: Variables) {
    this.#kv = kv;
    this.#variables = variables;
    this.#stored = kv.get<string[]>(ROOT_MARKS_KEY) ?? [];
  }

  /** Closes the sockets whose value is not listed any more. Clients with a listed value can reconnect. */
  closeUnlisted(closer: SocketCloser): void {
    const unlisted = this.#stored.filter((mark) => !this.isListed(mark));
    for (const mark of unlisted) closer.closeUnconfirmed(tagOf(mark));
    if (unlisted.length > 0) this.#store(this.#stored.filter((mark) => this.isListed(mark)));
  }

  /** Whether the hub has the value. A Worker that still has the secret of before may accept another. */
  isListed(mark: string): boolean {
    this.#listed ??= new Set(rootTokensOf(this.#variables).map(rootMark));
    return this.#listed.has(mark);
  }

  /** The tags of a socket of root. @param mark of the value that it came with */
  tagsFor(mark: string | undefined): string[] {
    if (mark === undefined) return [];
    if (!this.#stored.includes(mark)) this.#store([...this.#stored, mark]);
    return [tagOf(mark)];
  }

  #store(marks: readonly string[]): void {
    this.#stored = marks;
    this.#kv.put(ROOT_MARKS_KEY, marks);
  }
}

function tagOf(mark: string): string {
  return `root ${mark}`;
}
