/** The parts of a destination that is configured, from then until it is deleted. */

import { lagOf } from '../../destination/lag.ts';
import type { OutgoingEvent } from '../../destination/outgoing.ts';
import type { Timing } from '../../destination/retry-schedule.ts';
import { type Concerned, testEvent } from '../../destination/server-events.ts';
import { eventTypeNamespace } from '../../event/event-type.ts';
import { factsOf } from '../../event/facts.ts';
import { newDestinationCounts } from '../../metrics/destination-metrics.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { Alarms } from '../../objects/alarms.ts';
import type { Attempt, DestinationState } from '../../objects/destination-contract.ts';
import { MetricsReporter } from '../../objects/metrics-reporter.ts';
import { destinationName, hubName } from '../../objects/names.ts';
import { encodeJson } from '../../wire/json.ts';
import { Reading } from '../reading/reading.ts';
import { DestinationSecrets } from '../secrets.ts';
import { AttemptLog } from './attempt-log.ts';
import { Backlog } from './backlog.ts';
import { DeadLetters } from './dead-letters.ts';
import { DeliveryLoop } from './delivery-loop.ts';
import { Lanes } from './lanes.ts';
import { Sender } from './sender.ts';
import { Settlement } from './settlement.ts';
import { StoredSettings, type Told } from './stored-settings.ts';
import { TargetOpener } from './target-opener.ts';

export interface DeliveryParts {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly namespaceKey: string;
  readonly name: string;
  readonly timing: Timing;
}

export class Delivery {
  readonly settings: StoredSettings;
  readonly secrets: DestinationSecrets;
  readonly reading: Reading;
  readonly lanes: Lanes;
  readonly log: AttemptLog;
  readonly loop: DeliveryLoop;
  readonly alarms: Alarms;
  readonly #parts: DeliveryParts;
  readonly #concerned: Concerned;
  readonly #sender: Sender;
  readonly #reporter: MetricsReporter;
  #isOver = false;

  constructor(parts: DeliveryParts, told: Told) {
    const { ctx, env, namespaceKey, name, timing } = parts;
    const { storage } = ctx;
    const isOver = () => this.#isOver;
    const counts = newDestinationCounts();
    this.#parts = parts;
    this.#concerned = { namespace: pathOfKey(namespaceKey), name, cluster: env.CLUSTER_NAME };
    const destination = destinationName(namespaceKey, name);
    const settings = new StoredSettings(storage.kv, told);
    this.settings = settings;
    this.secrets = new DestinationSecrets({ env, storage, owner: destination });
    this.reading = new Reading(storage, env, { namespaceKey, name });
    this.reading.follow(told.settings, told.owner);
    this.log = new AttemptLog(storage.sql);
    const backlog = new Backlog(storage.kv);
    this.lanes = new Lanes(this.reading, backlog);
    const targets = new TargetOpener({
      env,
      namespaceKey,
      settings,
      secrets: this.secrets,
      timeoutMs: timing.answerTimeoutMs,
    });
    this.#sender = new Sender({ namespaceKey, name, settings, targets, timing });
    const shared = { settings, lanes: this.lanes, isOver };
    const settlement = new Settlement({
      ...shared,
      env,
      storage,
      namespaceKey,
      concerned: this.#concerned,
      log: this.log,
      backlog,
      deadLetters: new DeadLetters({ env, namespaceKey, concerned: this.#concerned }),
      counts,
      timing,
      forget: () => {
        this.reading.forget();
        this.log.forget();
      },
    });
    this.#reporter = new MetricsReporter(ctx, env, {
      kind: 'destination',
      counts: () => counts,
      state: () => (this.#isOver ? undefined : this.#measured()),
    });
    this.loop = new DeliveryLoop({
      ...shared,
      destination,
      reading: this.reading,
      sender: this.#sender,
      settlement,
      worked: () => this.#reporter.worked(),
    });
    this.alarms = new Alarms(ctx);
    this.alarms.add(this.loop);
  }

  /** Ends it: what is under way stores nothing. */
  end(): void {
    this.#isOver = true;
    this.loop.end();
    this.reading.end();
    this.#reporter.ended();
  }

  state(): DestinationState {
    const { lanes, settings, log } = this;
    const { lastSuccessAt, failures, delivered, deadLettered, gaps } = log.totals;
    const { paused } = settings;
    const problem = lanes.holds.message;
    const next = paused === undefined ? lanes.blockedUntil : 0;
    const status = failures > 0 && lanes.plans.size > 0 ? 'failing' : 'active';
    return {
      status: paused === undefined ? status : 'paused',
      ...(paused !== undefined && { reason: paused }),
      ...(problem !== undefined && { problem }),
      positions: this.reading.positions(),
      ...(lastSuccessAt !== undefined && { lastSuccessAt }),
      failures,
      ...(next > Date.now() && { nextAttemptAt: next }),
      delivered,
      deadLettered,
      gaps,
    };
  }

  /** Sends a sample, whatever the policies allow. @returns undefined if the destination was deleted meanwhile */
  async test(): Promise<Attempt | undefined> {
    const id = crypto.randomUUID();
    const events = [this.#sample(id)];
    const { attempt } = await this.#sender.send({ id: `test_${id}`, attempt: 1, events });
    if (this.#isOver) return undefined;
    this.log.record(attempt);
    return attempt;
  }

  #sample(id: string): OutgoingEvent {
    const acceptedAt = Date.now();
    const event = testEvent(id, this.#concerned, acceptedAt);
    return {
      hub: hubName(this.#parts.namespaceKey, eventTypeNamespace(event.event_type)),
      sequence: 0,
      acceptedAt,
      facts: factsOf(event),
      event,
      json: encodeJson(event),
    };
  }

  #measured() {
    const positions = Object.values(this.reading.positions());
    const lag = positions.reduce((sum, position) => sum + lagOf(position), 0);
    const { failures } = this.log.totals;
    return { lag, failures, paused: this.settings.paused === undefined ? 0 : 1 };
  }
}
