/** Accepts the socket of a subscriber, and sends what it missed. */
import type { Alarms } from '../../objects/alarms.ts';
import { CLOSE_CODES } from '../../wire/carillon-v1/close-codes.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import type { Replay } from '../catch-up/replay.ts';
import type { FanOut } from '../delivery/fan-out.ts';
import type { TurnBudget } from '../delivery/turn-budget.ts';
import { newAckingTag } from '../flow-control/acking-subscriber.ts';
import type { AckingSubscribers } from '../flow-control/acking-subscribers.ts';
import type { HubMeter } from '../hub-meter.ts';
import type { Position } from '../journal/position.ts';
import { noteCut } from '../returns/cut.ts';
import type { Entry, StockStart } from './admissions.ts';
import type { Lifetimes } from './lifetimes.ts';
import { refuse, unavailable } from './refusal.ts';
import type { SocketCount } from './socket-count.ts';
import type { SubscriptionClass } from './subscription-classes.ts';
import { newSubscriptionTag, STREAM_TAG } from './subscription-tags.ts';

interface AcceptorParts {
  readonly ctx: DurableObjectState;
  readonly alarms: Alarms;
  readonly budget: TurnBudget;
  readonly meter: HubMeter;
  readonly lifetimes: Lifetimes;
  readonly socketCount: SocketCount;
  readonly ackingSubscribers: AckingSubscribers;
  readonly fanOut: FanOut;
}

/** A stock subscriber that names no position. */
interface Nameless {
  readonly start: StockStart;
  readonly entry: Entry;
}

/** What only a subscriber of `carillon.v1` has. */
interface AckingHandshake {
  readonly isStream: boolean;
  /** When the client showed its token, or a ticket, last. Undefined for now. Unix milliseconds. */
  readonly shownAt: number | undefined;
  readonly lease: string | undefined;
}

export class SocketAcceptor {
  readonly #parts: AcceptorParts;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
  }

  /** Does not wait between the last read of the journal and the accept, so nothing is missed or sent twice. */
  acceptStock(
    subscriptionClass: SubscriptionClass,
    whose: readonly string[],
    position: Position,
    replay: Replay,
    nameless?: Nameless,
  ): Response {
    const { budget, meter, fanOut } = this.#parts;
    if (!replay.readRest()) {
      return refuse(
        unavailable('the filter takes longer than there is between events; simplify it'),
      );
    }
    const tags = nameless === undefined ? [] : [nameless.start.tag];
    const { client, server } = this.#accept(subscriptionClass, whose, tags);
    nameless?.entry.joined(nameless.start, server);
    fanOut.goLive(server);
    budget.send(server, replay);
    meter.counts.missedToStock += replay.size;
    if (replay.isFull) {
      noteCut(server, replay.position);
      server.close(CLOSE_CODES.tryAgainLater, 'resume');
    }
    return switchProtocols(client, gapHeaders(position, replay.hasGap));
  }

  acceptAcking(
    subscriptionClass: SubscriptionClass,
    whose: readonly string[],
    position: Position,
    { isStream, shownAt, lease }: AckingHandshake,
  ): Response {
    const others = [newAckingTag(), ...(isStream ? [STREAM_TAG] : [])];
    const { client, server } = this.#accept(subscriptionClass, whose, others, shownAt);
    this.#parts.ackingSubscribers.welcome(server, subscriptionClass, position, lease);
    return switchProtocols(client, gapHeaders(position, false));
  }

  #accept(
    subscriptionClass: SubscriptionClass,
    whose: readonly string[],
    others: readonly string[] = [],
    shownAt?: number,
  ): { client: WebSocket; server: WebSocket } {
    const { ctx, alarms, lifetimes, socketCount } = this.#parts;
    subscriptionClass.isUsed = true;
    const { 0: client, 1: server } = new WebSocketPair();
    const now = Date.now();
    ctx.acceptWebSocket(server, [
      subscriptionClass.tag,
      ...whose,
      lifetimes.tagAt(now, shownAt),
      newSubscriptionTag(now),
      ...others,
    ]);
    socketCount.accepted();
    alarms.arm();
    return { client, server };
  }
}

function switchProtocols(webSocket: WebSocket, headers: Record<string, string>): Response {
  return new Response(null, { status: 101, webSocket, headers });
}

/** What the 101 says of events that cannot be sent any more. */
const GAPS: Readonly<Record<GapReason, string>> = {
  unknown_event: 'the event is unknown, or not kept any more, or not for this token',
  forgotten: 'the events from there on are not all kept any more, or the hub began later',
  storage_lost: 'the history that the cursor is of was lost',
  unsigned_cursor: 'the cursor is of an earlier release and has no code that shows who made it',
  feed_lost: 'events were lost on their way',
  unreadable: 'an event cannot be read',
};

/** @param isBroken whether events are missing between the place and now */
function gapHeaders({ gap }: Position, isBroken: boolean): Record<string, string> {
  if (gap !== undefined) {
    return {
      'Last-Event-ID': 'earliest',
      'Carillon-Warning': `since: ${GAPS[gap]}; what follows begins with the oldest event that is kept`,
    };
  }
  return isBroken
    ? { 'Carillon-Warning': 'since: some of the events in between are lost and cannot be sent' }
    : {};
}
