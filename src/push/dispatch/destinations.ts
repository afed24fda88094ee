/**
 * Creates, changes and deletes destinations. What is done with one name is done one after the other.
 *
 * In the order of `put`, nothing is missed: what the destination wants is stored here, then told to hubs, then it is configured
 * with where their journals ended. What hubs tell meanwhile waits until then.
 */

import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type {
  CommandAnswer,
  DestinationCommand,
  DestinationWrite,
} from '../../objects/destination-contract.ts';
import type { FeedPosition } from '../../objects/hub-contract.ts';
import { callDestination } from '../../objects/stubs.ts';
import { interestIn, isSameInterest } from '../../subscription/interest.ts';
import type { Announcer } from './announcer.ts';
import type { Deletions } from './deletions.ts';
import type { LateCalls } from './late-calls.ts';
import { assertExists, type DispatcherLifecycle } from './lifecycle.ts';
import { MAX_DESTINATIONS } from './limits.ts';
import type { QuietDestinations } from './quiet.ts';
import { type Need, needOf, type RegisteredDestination, type Registry } from './registry.ts';
import type { Turns } from './turns.ts';

interface DestinationParts {
  readonly env: Env;
  /** The key of the Vault namespace. */
  readonly namespace: string;
  readonly lifecycle: DispatcherLifecycle;
  readonly registry: Registry;
  readonly announcer: Announcer;
  readonly deletions: Deletions;
  readonly quiet: QuietDestinations;
  readonly lateWakes: LateCalls;
  readonly turns: Turns;
}

export class Destinations {
  readonly #parts: DestinationParts;

  constructor(parts: DestinationParts) {
    this.#parts = parts;
  }

  names(): string[] {
    const kept = this.#parts.registry.all().filter(({ state }) => state === 'kept');
    return kept.map(({ name }) => name).sort();
  }

  put(name: string, write: DestinationWrite): Promise<Result<undefined>> {
    return this.#parts.turns.take(name, async () => {
      const { env, namespace, lifecycle, registry, lateWakes } = this.#parts;
      await assertExists(env, namespace);
      const before = await this.#resolved(name);
      lifecycle.assertOpen();
      const refusal = this.#refusal(name, write, before);
      if (refusal !== undefined) return invalid(refusal);
      const owner = before?.owner ?? write.owner;
      const need = needOf(write.settings);
      registry.put({
        name,
        owner,
        state: before?.state ?? 'new',
        needs: [need, ...(before?.needs ?? [])],
      });
      // It has to know where it starts before it is woken.
      lateWakes.hold(name);
      try {
        return await this.#configure(name, { ...write, owner }, need, before);
      } finally {
        if (lifecycle.isOpen) {
          this.#announce();
          lateWakes.release(name);
        }
      }
    });
  }

  delete(name: string): Promise<Result<boolean>> {
    return this.#parts.turns.take(name, async () => {
      const { lifecycle, registry, deletions } = this.#parts;
      lifecycle.assertOpen();
      if (registry.get(name) === undefined) return ok(false);
      const [user] = registry.handingOverTo(name);
      if (user !== undefined) {
        return invalid(
          `the destination ${quote(user)} hands over to ${quote(name)} what it cannot deliver; change its dead_letter first`,
        );
      }
      deletions.begin(name);
      this.#announce();
      await deletions.complete(name);
      return ok(true);
    });
  }

  async command(
    name: string,
    command: DestinationCommand,
  ): Promise<Result<CommandAnswer> | undefined> {
    const { env, namespace, lifecycle, registry, quiet, lateWakes } = this.#parts;
    lifecycle.assertOpen();
    if (registry.get(name)?.state !== 'kept') return undefined;
    try {
      return await callDestination(env, namespace, name, (stub) => stub.command(command));
    } finally {
      // It may read again.
      quiet.clear(name);
      if (lifecycle.isOpen) lateWakes.hurry(name);
    }
  }

  /** Tells hubs and configures the destination. If that fails, everything is as it was before. */
  async #configure(
    name: string,
    write: DestinationWrite,
    need: Need,
    before: RegisteredDestination | undefined,
  ): Promise<Result<undefined>> {
    const { env, namespace, lifecycle, registry, quiet } = this.#parts;
    let ends: Record<string, FeedPosition>;
    try {
      ends = await this.#ends(need, before);
      lifecycle.assertOpen();
    } catch (error) {
      if (lifecycle.isOpen) await this.#undo(name, before, false);
      throw error;
    }
    let configured: Result<undefined>;
    try {
      configured = await callDestination(env, namespace, name, (stub) =>
        stub.configure(write, ends),
      );
    } catch (error) {
      // Nobody knows whether it has the new settings. Of one that exists, both count until it was asked.
      if (lifecycle.isOpen && before === undefined) await this.#undo(name, before, true);
      throw error;
    } finally {
      quiet.clear(name);
    }
    lifecycle.assertOpen();
    if (configured.ok) registry.put({ name, owner: write.owner, state: 'kept', needs: [need] });
    else await this.#undo(name, before, true);
    return configured;
  }

  /** A destination that already wants the same is at its own positions. */
  async #ends(
    { wanted }: Need,
    before: RegisteredDestination | undefined,
  ): Promise<Record<string, FeedPosition>> {
    const [known] = before?.needs ?? [];
    const isSame = known && isSameInterest(interestIn([known.wanted]), interestIn([wanted]));
    if (isSame) return {};
    this.#announce();
    return this.#parts.announcer.reach(wanted);
  }

  /** @param wasCalled whether the destination may have stored something */
  async #undo(
    name: string,
    before: RegisteredDestination | undefined,
    wasCalled: boolean,
  ): Promise<void> {
    const { registry, deletions, lateWakes } = this.#parts;
    if (before !== undefined) {
      registry.put(before);
      return;
    }
    if (wasCalled) {
      deletions.begin(name);
      // The alarm does it if this fails.
      await deletions.complete(name).catch(() => undefined);
    } else {
      lateWakes.forget(name);
      registry.remove(name);
    }
  }

  /** What there is of this name, with one need. @throws if that cannot be found out */
  async #resolved(name: string): Promise<RegisteredDestination | undefined> {
    const { env, namespace, lifecycle, registry, deletions } = this.#parts;
    lifecycle.assertOpen();
    const known = registry.get(name);
    if (known?.state === 'deleting') {
      await deletions.complete(name);
      return undefined;
    }
    if (known === undefined || known.needs.length === 1) return known;
    const described = await callDestination(env, namespace, name, (stub) => stub.describe());
    return { ...known, needs: described === undefined ? [] : [needOf(described.settings)] };
  }

  #refusal(
    name: string,
    { settings, owner }: DestinationWrite,
    before: RegisteredDestination | undefined,
  ): string | undefined {
    const { registry } = this.#parts;
    const { deadLetter } = settings;
    if (deadLetter.kind === 'destination') {
      if (deadLetter.name === name) {
        return 'dead_letter names the destination itself; name another one, or carillon/undelivered';
      }
      if (registry.get(deadLetter.name)?.state !== 'kept') {
        return `dead_letter: there is no destination ${quote(deadLetter.name)}; write that one first`;
      }
    }
    if (before !== undefined || registry.hasRoomFor(owner)) return undefined;
    return `there are ${registry.all().length} destinations of at most ${MAX_DESTINATIONS} in this namespace, and no room for another one of yours; delete some first`;
  }

  #announce(): void {
    const { registry, announcer } = this.#parts;
    announcer.set(registry.wanted());
  }
}
