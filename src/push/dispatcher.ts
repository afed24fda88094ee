/**
 * The dispatcher of one Vault namespace: which destinations there are, and what they want. Hubs tell it that something is new, and
 * it wakes the destinations that may want it. `DispatcherContract` says what each method is for.
 *
 * It cannot be restored. What it stores is what was asked of it, and hubs are told again with each write.
 */

import { DurableObject } from 'cloudflare:workers';
import { hideSecretsOf } from '../lib/log.ts';
import type { Result } from '../lib/result.ts';
import type { Announcement } from '../objects/announcement.ts';
import { callEach } from '../objects/call.ts';
import type {
  CommandAnswer,
  DestinationCommand,
  DestinationWrite,
  DispatcherContract,
  Notice,
} from '../objects/destination-contract.ts';
import { keyOfDispatcher } from '../objects/names.ts';
import { callDestination } from '../objects/stubs.ts';
import { composeDispatcher, type DispatcherParts } from './dispatch/compose-dispatcher.ts';

export class Dispatcher extends DurableObject<Env> implements DispatcherContract {
  readonly #parts: DispatcherParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#parts = composeDispatcher(ctx, env, keyOfDispatcher(ctx.id.name));
    // A release that could not read the storage has let the alarm fail.
    this.#parts.alarms.arm();
  }

  put(name: string, write: DestinationWrite): Promise<Result<undefined>> {
    return this.#parts.destinations.put(name, write);
  }

  delete(name: string): Promise<Result<boolean>> {
    return this.#parts.destinations.delete(name);
  }

  names(): string[] {
    this.#parts.lifecycle.assertOpen();
    return this.#parts.destinations.names();
  }

  command(name: string, command: DestinationCommand): Promise<Result<CommandAnswer> | undefined> {
    return this.#parts.destinations.command(name, command);
  }

  notify(notice: Notice): Promise<void> {
    return this.#parts.notices.take(notice);
  }

  forwarded(notice: Notice): Promise<void> {
    return this.#parts.notices.takeForwarded(notice);
  }

  announcement(): Announcement {
    this.#parts.lifecycle.assertOpen();
    return this.#parts.announcer.announcement;
  }

  async wipe(): Promise<void> {
    const { lifecycle, turns, registry } = this.#parts;
    lifecycle.end();
    // A destination that is being configured would store its settings again.
    await turns.ended();
    const names = registry.all().map(({ name }) => name);
    const namespace = keyOfDispatcher(this.ctx.id.name);
    await callEach(names, (name) => callDestination(this.env, namespace, name, (d) => d.wipe()));
    await lifecycle.discard();
  }

  override async alarm(): Promise<void> {
    if (this.#parts.lifecycle.isOpen) await this.#parts.alarms.ring();
  }
}
