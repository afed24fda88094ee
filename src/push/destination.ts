/**
 * A destination: a durable subscription that the server delivers to. `DestinationContract` describes the methods. An object without
 * settings is no destination: it stores nothing, and every life begins with `configure` and ends with `wipe`.
 */

import { DurableObject } from 'cloudflare:workers';
import { MAX_ATTEMPT_MS } from '../destination/limits.ts';
import { isOtherServer } from '../destination/other-server.ts';
import { RETRY_DELAYS_MS, type Timing } from '../destination/retry-schedule.ts';
import type { StartPosition } from '../destination/start-position.ts';
import { hideSecretsOf } from '../lib/log.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import type {
  Attempt,
  CommandAnswer,
  DestinationCommand,
  DestinationContract,
  DestinationDescription,
  DestinationWrite,
  HandedOver,
  WakeAnswer,
} from '../objects/destination-contract.ts';
import type { FeedPosition } from '../objects/hub-contract.ts';
import { migrate } from '../objects/migrations.ts';
import { parseDestinationName } from '../objects/names.ts';
import { Delivery } from './delivery/delivery.ts';
import { SETTINGS_KEY, type Told } from './delivery/stored-settings.ts';
import { DESTINATION_SCHEMA } from './destination-schema.ts';
import { MAX_QUIET_MS } from './dispatch/limits.ts';
import { HANDED_OVER } from './reading/read-part.ts';
import { DestinationSecrets } from './secrets.ts';

const TIMING: Timing = { retryDelaysMs: RETRY_DELAYS_MS, answerTimeoutMs: MAX_ATTEMPT_MS };

const NO_SECRETS = invalid(
  'a webhook needs secrets, with which its requests are signed; write "secrets"',
);

const SECRETS_AGAIN = invalid(
  'url is of another server than before, so secrets are needed again: whoever may change a destination must not get requests of theirs signed with secrets that they do not know; write "secrets"',
);

const NO_DESTINATION = invalid('there is no such destination');

export class Destination extends DurableObject<Env> implements DestinationContract {
  readonly #timing: Timing;
  #delivery: Delivery | undefined;
  /** Lives begin and end one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env, timing = TIMING) {
    super(ctx, env);
    hideSecretsOf(env);
    this.#timing = timing;
    const told = ctx.storage.kv.get<Told>(SETTINGS_KEY);
    if (told === undefined) return;
    this.#delivery = this.#begin(told);
    // The platform gives up an alarm that failed often enough.
    this.#delivery.alarms.arm();
  }

  configure(
    write: DestinationWrite,
    ends: Readonly<Record<string, FeedPosition>>,
  ): Promise<Result<undefined>> {
    return this.#inTurn(() => this.#configure(write, ends));
  }

  async wake(hubs: readonly string[]): Promise<WakeAnswer> {
    const delivery = this.#delivery;
    if (delivery === undefined) return {};
    const { reading, loop, alarms, settings, lanes } = delivery;
    for (const hub of hubs) {
      reading.markNew(hub);
      loop.tell(hub);
    }
    if (settings.paused !== undefined) return { quietUntil: Date.now() + MAX_QUIET_MS };
    await alarms.arm();
    const { retryAt } = lanes;
    return retryAt > Date.now() ? { quietUntil: retryAt } : {};
  }

  async command(command: DestinationCommand): Promise<Result<CommandAnswer>> {
    const delivery = this.#delivery;
    if (delivery === undefined) return NO_DESTINATION;
    const { settings, lanes, loop, alarms } = delivery;
    switch (command.kind) {
      case 'test': {
        const attempt = await delivery.test();
        return attempt === undefined ? NO_DESTINATION : ok({ attempt });
      }
      case 'pause':
        if (settings.paused === undefined) settings.pause('operator');
        return ok({});
      case 'resume':
        settings.resume();
        lanes.release(true);
        break;
      case 'replay':
        if (!(await this.#replay(delivery, command.from))) return NO_DESTINATION;
        break;
    }
    loop.refresh();
    await alarms.arm();
    return ok({});
  }

  async takeDeadLetters(letters: readonly HandedOver[]): Promise<Result<undefined>> {
    const delivery = this.#delivery;
    if (delivery === undefined) return NO_DESTINATION;
    const taken = delivery.reading.takeDeadLetters(letters, Date.now());
    if (!taken.ok) return taken;
    delivery.loop.tell(HANDED_OVER);
    await delivery.alarms.arm();
    return taken;
  }

  async describe(): Promise<DestinationDescription | undefined> {
    const delivery = this.#delivery;
    if (delivery === undefined) return undefined;
    const { settings, secrets } = delivery;
    const key = await secrets.keyState();
    return {
      settings: settings.current,
      secrets: secrets.count(),
      publicKeys: secrets.publicKeys(),
      key,
      state: delivery.state(),
    };
  }

  attempts(): Attempt[] {
    return this.#delivery?.log.list() ?? [];
  }

  wipe(): Promise<void> {
    return this.#inTurn(async () => {
      this.#delivery?.end();
      this.#delivery = undefined;
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
    });
  }

  override async alarm(): Promise<void> {
    await this.#delivery?.alarms.ring();
  }

  async #configure(
    { settings, start, secrets: written, owner, agreement }: DestinationWrite,
    ends: Readonly<Record<string, FeedPosition>>,
  ): Promise<Result<undefined>> {
    const known = this.#delivery;
    const told: Told = { settings, owner, ...(agreement && { agreement }) };
    const isWebhook = settings.target.type === 'webhook';
    const secrets = known?.secrets ?? this.#secrets;
    if (
      isWebhook &&
      (written ?? []).length === 0 &&
      (written !== undefined || secrets.count() === 0)
    ) {
      return NO_SECRETS;
    }
    if (written === undefined && isOtherServer(known?.settings.current.target, settings.target)) {
      return SECRETS_AGAIN;
    }
    const sealed = isWebhook && written !== undefined ? await secrets.seal(written) : ok(undefined);
    if (!sealed.ok) return sealed;
    const delivery = known ?? this.#begin(told);
    const { reading, loop, alarms } = delivery;
    this.ctx.storage.transactionSync(() => {
      delivery.settings.put(told);
      if (sealed.value !== undefined) secrets.put(sealed.value);
      // Another target has none.
      else if (!isWebhook && secrets.count() > 0) secrets.clear();
      reading.follow(settings, owner);
      reading.begin(ends, known === undefined ? start : undefined, Date.now());
      // The receiver may be another one.
      delivery.lanes.release(true);
    });
    this.#delivery = delivery;
    loop.refresh();
    await alarms.arm();
    return ok(undefined);
  }

  /** @returns false if it was deleted meanwhile */
  async #replay(delivery: Delivery, from: StartPosition): Promise<boolean> {
    const { reading, lanes } = delivery;
    const hubs = await reading.matchingHubs();
    if (this.#delivery !== delivery) return false;
    this.ctx.storage.transactionSync(() => {
      reading.replay(from, hubs);
      lanes.forget();
    });
    return true;
  }

  #begin(told: Told): Delivery {
    const { ctx, env } = this;
    const { namespaceKey, name } = parseDestinationName(ctx.id.name);
    migrate(ctx.storage, DESTINATION_SCHEMA, `the destination ${name}`);
    return new Delivery({ ctx, env, namespaceKey, name, timing: this.#timing }, told);
  }

  get #secrets(): DestinationSecrets {
    const { ctx, env } = this;
    return new DestinationSecrets({ env, storage: ctx.storage, owner: ctx.id.name ?? '' });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#lastChange.then(change);
    this.#lastChange = changed.catch(() => undefined);
    return changed;
  }
}
