/**
 * What an authority keeps, and how a change of it reaches those whom it concerns: by a notice and a job,
 * written with the change.
 */

import { logError } from '../lib/log.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { pathOfKey, ROOT } from '../namespace/namespace.ts';
import type { IssuedToken } from '../objects/authority-contract.ts';
import { authorityForOperators, authorityName } from '../objects/authority-name.ts';
import { isWildcardHub } from '../objects/hub-name.ts';
import { MAX_TOKENS, MIN_JOB_BACKOFF_MS } from '../objects/limits.ts';
import { hasTables, migrate } from '../objects/migrations.ts';
import { ownerOfNew } from '../token/owner.ts';
import { digestOf, mintAccessor, mintToken } from '../token/token-form.ts';
import { foreignParent, type TokenRequest } from '../token/token-record.ts';
import { authBlock } from '../token/token-view.ts';
import type { Job } from './jobs.ts';
import { AUTHORITY_SCHEMA } from './schema.ts';
import { Stores } from './stores.ts';

const ENDED_KEY = 'ended';

export class Keeper {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #key: string;
  #stores: Stores | undefined;
  /** What the alarm is known to be set to. */
  #alarmAt: number | undefined;

  /** @param key of the namespace */
  constructor(ctx: DurableObjectState, env: Env, key: string) {
    this.#ctx = ctx;
    this.#env = env;
    this.#key = key;
    // An authority other than root's comes to be when its namespace is made, not when it is called.
    if (key === ROOT || hasTables(ctx.storage.sql)) this.begin();
  }

  /** @throws where the namespace is no more, or has never been */
  open(): Stores {
    if (this.#stores === undefined || this.#hasEnded()) {
      throw new Error(`the namespace ${this.#key} was deleted`);
    }
    return this.#stores;
  }

  begin(): void {
    if (this.#stores !== undefined) return;
    const { storage } = this.#ctx;
    migrate(storage, AUTHORITY_SCHEMA, authorityForOperators(this.#key));
    this.#stores = new Stores(storage);
  }

  lives(): boolean {
    return this.#stores !== undefined && !this.#hasEnded();
  }

  /** Takes nothing new from now on. */
  end(): void {
    this.#ctx.storage.kv.put(ENDED_KEY, true);
  }

  /** What there is of an authority, also of one that has ended; undefined where there is nothing. */
  get remains(): Stores | undefined {
    return this.#stores;
  }

  async erase(): Promise<void> {
    this.#stores?.jobs.stop();
    this.#stores = undefined;
    await this.#ctx.storage.deleteAlarm();
    await this.#ctx.storage.deleteAll();
  }

  /** The alarm rings. */
  ring(): void {
    this.#alarmAt = undefined;
    if (this.lives()) this.settle();
  }

  /**
   * Hands out a token.
   *
   * @param chosen the token itself, where its maker chose it
   * @param sharesOf the token whose shares an orphan uses
   */
  async issue(
    request: TokenRequest,
    chosen: string | undefined,
    sharesOf?: number,
  ): Promise<Result<IssuedToken>> {
    if (chosen !== undefined && this.#key !== ROOT) {
      return invalid('a token with an id of your choice can be made in the root namespace alone');
    }
    const secret = chosen ?? (await mintToken(pathOfKey(this.#key)));
    const digest = await digestOf(secret);
    const { tokens } = this.open();
    if (!tokens.hasRoom()) {
      return invalid(`there are ${MAX_TOKENS} tokens already, as many as are allowed`);
    }
    if (tokens.has(digest)) return invalid('cannot create a token with a duplicate ID');
    const now = Date.now();
    const parent =
      request.parent === undefined ? undefined : tokens.find({ id: request.parent }, now);
    if (request.parent !== undefined && parent === undefined) {
      return invalid('the token of the request was revoked meanwhile');
    }
    const maker =
      parent ?? (sharesOf === undefined ? undefined : tokens.find({ id: sharesOf }, now));
    const owner = ownerOfNew(request, maker);
    if (!tokens.isWithinShare(owner)) {
      return invalid(
        `you have as many tokens as are free of the ${MAX_TOKENS} that all share in this namespace, with all of your entity or made from yours; revoke some first`,
      );
    }
    const accessor = mintAccessor(pathOfKey(this.#key));
    const token = tokens.add(request, owner, digest, accessor, now);
    this.settle();
    return ok({
      id: token.id,
      auth: authBlock(token, secret, now),
      warnings: [],
    });
  }

  /** Revokes a token and all that came of it. */
  revokeTree(id: number): void {
    const { tokens, adopted, watches, jobs, sql } = this.open();
    this.#ctx.storage.transactionSync(() => {
      for (const token of tokens.treeOf(id)) {
        this.notify(watches.tokenGone(token));
        const below = sql
          .exec<{ namespace: string }>(
            'DELETE FROM foreign_children WHERE parent = ? RETURNING namespace',
            token,
          )
          .toArray();
        for (const { namespace } of below) {
          jobs.add({ kind: 'revoke', target: `${token} ${namespace}` }, Date.now());
        }
        tokens.remove(token);
        adopted.remove(token);
      }
    });
  }

  /** Has hubs that have a notice called. */
  notify(hubs: readonly string[]): void {
    for (const hub of hubs) this.open().jobs.add({ kind: 'notify', target: hub }, Date.now());
  }

  /**
   * Has what is due done now, and by alarm what then remains: lets go of what has expired, and sees to the
   * jobs. The alarm is set before anything is tried, in the turn that wrote the work down.
   */
  settle(): void {
    this.#arm();
    for (const id of this.open().tokens.expired(Date.now())) this.#expire(id);
    this.#ctx.waitUntil(
      this.open()
        .jobs.run((job) => this.#do(job), Date.now)
        .then(() => this.#arm()),
    );
  }

  /** One that cannot be revoked holds up no other, and is tried again with the next change. */
  #expire(id: number): void {
    try {
      this.revokeTree(id);
    } catch (error) {
      logError(`token ${id} has expired and cannot be revoked`, error);
    }
  }

  #arm(): void {
    if (this.#stores === undefined) return;
    const { jobs, tokens, adopted } = this.#stores;
    const now = Date.now();
    const next = Math.max(
      Math.min(
        jobs.nextDue() ?? Infinity,
        tokens.nextExpiry() ?? Infinity,
        adopted.nextDue() ?? Infinity,
      ),
      now + MIN_JOB_BACKOFF_MS,
    );
    // One that stands is never moved to a later time: it would be again and again, and never ring.
    if (next === Infinity || (this.#alarmAt !== undefined && this.#alarmAt <= next)) return;
    this.#alarmAt = next;
    this.#ctx.storage.setAlarm(next);
  }

  async #do({ kind, target }: Job): Promise<void> {
    switch (kind) {
      case 'notify': {
        const hubs = isWildcardHub(target) ? this.#env.WILDCARD_HUB : this.#env.HUB;
        const before = this.open().watches.lastSequence();
        const isConcerned = await hubs.getByName(target).changed(this.#key);
        const { watches } = this.open();
        if (isConcerned) watches.taken(target, before);
        else watches.forgetHub(target, before);
        return;
      }
      case 'revoke': {
        const [token = '', namespace = ''] = target.split(' ');
        return this.#authority(namespace).revokeForeignChildren(
          foreignParent(this.#key, Number(token)),
        );
      }
      case 'wipe':
        return this.#authority(target).wipe();
    }
  }

  #hasEnded(): boolean {
    return this.#ctx.storage.kv.get<boolean>(ENDED_KEY) === true;
  }

  #authority(key: string) {
    return this.#env.AUTHORITY.getByName(authorityName(key));
  }
}
