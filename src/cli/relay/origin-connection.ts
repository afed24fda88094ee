/** One connection to the origin, in the dialect that the server chose. */
import { Connection } from '../../client/connection.ts';
import { carillonDialect, type Dialect, stockDialect } from '../../client/dialects.ts';
import { platformRuntime } from '../../client/platform.ts';
import { clientJsonCodec } from '../../wire/carillon-v1/client-json.ts';
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import type { OpenSocket } from '../server/subscription-socket.ts';
import { type FrameLine, lineOfEvent, lineOfFrame } from './frame.ts';
import { RELAY_CREDIT, RELAY_HELLO_TIMEOUT_MS } from './limits.ts';

export type Acknowledge = (cursor: string) => void;

/** What a connection to the origin delivers. */
export interface OriginListener {
  /** @param spreadMs over how long clients should reconnect if the connection breaks */
  greeted(spreadMs: number): void;
  /** @param cursor the position after the event, and `acknowledge`: undefined if the server is stock */
  event(line: FrameLine, cursor?: string, acknowledge?: Acknowledge): void;
  /** A position without an event. */
  position(cursor: string, acknowledge: Acknowledge): void;
  /** Events may be missing before the next one. */
  gap(reason: GapReason, cursor: string, acknowledge: Acknowledge): void;
}

export function isStock({ subprotocol }: Pick<OpenSocket, 'subprotocol'>): boolean {
  return subprotocol !== clientJsonCodec.subprotocol;
}

/**
 * Reads the socket until the connection ends.
 *
 * @param originName as `lineOfFrame` takes it
 */
export function connectToOrigin(
  opened: OpenSocket,
  listener: OriginListener,
  originName?: string,
): Connection {
  const dialect = isStock(opened)
    ? framesTo(listener, originName)
    : messagesTo(listener, originName);
  const connection = new Connection(platformRuntime(), opened.socket, dialect);
  connection.resume();
  return connection;
}

function framesTo(listener: OriginListener, originName: string | undefined): Dialect {
  return stockDialect((frame) => {
    const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString();
    const line = lineOfFrame(text, originName);
    if (line !== undefined) listener.event(line);
    return undefined;
  });
}

function messagesTo(listener: OriginListener, originName: string | undefined): Dialect {
  let acknowledge: Acknowledge;
  return carillonDialect(clientJsonCodec, RELAY_HELLO_TIMEOUT_MS, {
    isWaiting: () => true,
    greeted({ cursor, gap, spread_ms = 0 }, send) {
      listener.greeted(spread_ms);
      acknowledge = (done) => send({ type: 'ack', cursor: done });
      send({ type: 'credit', events: RELAY_CREDIT });
      if (gap === undefined) listener.position(cursor, acknowledge);
      else listener.gap(gap.reason, cursor, acknowledge);
    },
    delivered(delivery) {
      if (delivery.type === 'gap') {
        listener.gap(delivery.reason, delivery.cursor, acknowledge);
      } else {
        for (const { event, cursor } of delivery.events) {
          listener.event(lineOfEvent(event, originName), cursor, acknowledge);
        }
      }
      return undefined;
    },
  });
}
