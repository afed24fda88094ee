/** How subscribers listen, and how many do so in each way. */

export type Form =
  | 'stock json'
  | 'stock proto'
  | 'stock json, no position'
  | 'carillon.v1.json'
  | 'carillon.v1.proto'
  | 'server-sent events'
  | 'polls';

/** Whether a subscriber sends its token in a header or, as a page does, a ticket in the URL. */
export type Access = 'token' | 'ticket';

export interface Listening {
  readonly form: Form;
  readonly access: Access;
}

const withToken = (form: Form): Listening => ({ form, access: 'token' });
const withTicket = (form: Form): Listening => ({ form, access: 'ticket' });

/** In each round every audience gets a subscriber. Where a round has two ways, the audiences alternate. */
type Round = readonly Listening[];

const SOCKETS: readonly Round[] = [
  [withToken('stock json')],
  [withToken('stock proto')],
  [withToken('carillon.v1.json')],
  [withToken('carillon.v1.proto')],
  [withTicket('stock json'), withTicket('carillon.v1.json')],
  [withToken('stock json, no position')],
];

/**
 * There is only one round of each, because an isolate serves 64 streams. One whose client has disappeared counts until
 * the server notices.
 */
const STREAMS: readonly Round[] = [
  [withToken('server-sent events'), withTicket('server-sent events')],
  [withTicket('polls'), withToken('polls')],
];

export const STREAM_LISTENINGS: readonly Listening[] = STREAMS.flat();

const FIRST_ROUNDS: readonly Round[] = [...SOCKETS, ...STREAMS];

/** How many rounds it takes until every form is there. */
export const FIRST_ROUND_COUNT = FIRST_ROUNDS.length;

export function isStream(form: Form): boolean {
  return form === 'server-sent events' || form === 'polls';
}

/** @param audience the index of the audience */
export function listeningOf(round: number, audience: number): Listening {
  const ways = FIRST_ROUNDS[round] ?? SOCKETS[(round - FIRST_ROUND_COUNT) % SOCKETS.length] ?? [];
  const listening = ways[audience % ways.length];
  if (listening === undefined) throw new Error(`nobody listens in round ${round}`);
  return listening;
}
