/** A server for broadcasts that others have made. It is measured if its program is installed. */
import type { Run, SocketSet } from '../../load/protocol.ts';
import type { Server } from '../server.ts';

export interface Peer {
  /** `Centrifugo, history` */
  readonly name: string;
  start(): Promise<StartedPeer>;
}

export interface StartedPeer {
  readonly server: Server;
  readonly subscriber: Omit<SocketSet, 'count' | 'expects' | 'acknowledges'>;
  readonly publishing: Publishing;
}

/** How an event is published: the same frame for all, in what each of them wants around it. */
export type Publishing = Pick<Run, 'path' | 'headers' | 'template' | 'nats'> & {
  /** If it is not that of the subscribers. */
  readonly port?: number;
};

/** What a peer is, or why it is not measured. */
export interface PeerKind {
  readonly name: string;
  /** Without history and with it. */
  readonly peers: readonly Peer[];
  /** What is missing. */
  readonly missing?: string;
  /** What the program says that it is. */
  readonly version?: string;
}

/** Events that a history retains, as many as a journal of Carillon by default. */
export const RETAINED_EVENTS = 100_000;
