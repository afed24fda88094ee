/**
 * Checks that nothing acknowledged was lost, nothing came twice, and everybody saw one order. It knows
 * nothing of the server: it is given what was sent, what was answered and what was received.
 *
 * * Every event that was accepted reaches every subscriber that may see it, once. Accepted is what was
 *   acknowledged, and what anybody received: a hub keeps an event before it shows it.
 * * All subscribers of a hub receive its events in one order, and those of a wildcard hub too; in that,
 *   the events of each feeding hub are in the order of that hub.
 * * A cursor is the same for all subscribers of a hub, and names the place after one event.
 * * Only to a subscriber that acknowledges nothing an event may come again, and only from a replica that lost its memory
 *   in between while the connection stayed: see `repeats.ts`.
 * * That order is also the publishers': events of a request as the request had them, and an event that
 *   was acknowledged before another was sent is before it.
 */
import { cursorMismatches } from './cursors.ts';
import type { History, PublishedEvent, Reception } from './history.ts';
import type { Mismatch } from './mismatch.ts';
import { orderOf } from './order.ts';
import { mayRepeat } from './repeats.ts';

type Orders = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function check<E extends PublishedEvent>(history: History<E>): Mismatch[] {
  const { events, receptions, beginnings } = history;
  const published = new Map(events.map((event) => [event.id, event]));
  const orders = ordersOf(published, receptions);
  const seen = new Set([...orders.values()].flatMap((order) => [...order.keys()]));
  const accepted = events.filter(
    ({ id, acknowledged }) => acknowledged !== undefined || seen.has(id),
  );
  const own = receptions.flatMap((reception) => [
    ...gaps(reception),
    ...duplicated(reception, published, beginnings),
    ...foreign(reception, published, orders),
    ...reordered(reception, published, orders),
    ...lost(reception, published, accepted, orders),
  ]);
  return [...own, ...cursorMismatches(receptions)];
}

/** Of each hub by all who received events of it, and of each wildcard hub by its own subscribers. */
function ordersOf(
  published: ReadonlyMap<string, PublishedEvent>,
  receptions: readonly Reception<never>[],
): Orders {
  const sequences = new Map<string, string[][]>();
  for (const { hub, ids } of receptions) {
    const own = [...new Set(ids)].filter((id) => published.has(id));
    const byHub = Map.groupBy(own, (id) => published.get(id)?.hub ?? hub);
    for (const [key, sequence] of [...byHub.entries(), [hub, own] as const]) {
      sequences.set(key, [...(sequences.get(key) ?? []), sequence]);
    }
  }
  return new Map([...sequences].map(([hub, each]) => [hub, orderOf(each)]));
}

function gaps({ name, gaps }: Reception<never>): Mismatch[] {
  return gaps.map((reason) => ({
    kind: 'gap',
    subscriber: name,
    ids: [],
    text: `was told of a gap: ${reason}`,
  }));
}

function duplicated(
  { name, isStock, ids, receipts }: Reception<never>,
  published: ReadonlyMap<string, PublishedEvent>,
  beginnings: History['beginnings'],
): Mismatch[] {
  const earlier = new Map<string, number[]>();
  return ids.flatMap((id, index): Mismatch[] => {
    const known = earlier.get(id) ?? [];
    earlier.set(id, [...known, index]);
    const before = known.at(-1);
    if (before === undefined) return [];
    const again = receipts[index];
    const times = known.filter((each) => receipts[each]?.connection === again?.connection).length;
    const repeat = { event: published.get(id), before: receipts[before], again, times };
    if (isStock && mayRepeat(repeat, beginnings)) return [];
    const text = `received ${id} as its event ${before} and again as its event ${index}`;
    return [{ kind: 'duplicated', subscriber: name, ids: [id], text }];
  });
}

function foreign<E extends PublishedEvent>(
  reception: Reception<E>,
  published: ReadonlyMap<string, E>,
  orders: Orders,
): Mismatch[] {
  const problemOf = (id: string): string | undefined => {
    const event = published.get(id);
    if (event === undefined) return 'which nobody published';
    if (!reception.maySee(event)) return 'which it may not see';
    if (sideOf(event, reception, published, orders) === 'before')
      return 'which is before its start';
    return undefined;
  };
  return [...new Set(reception.ids)].flatMap((id): Mismatch[] => {
    const problem = problemOf(id);
    if (problem === undefined) return [];
    const text = `received ${id}, ${problem}`;
    return [{ kind: 'foreign', subscriber: reception.name, ids: [id], text }];
  });
}

function reordered(
  reception: Reception<never>,
  published: ReadonlyMap<string, PublishedEvent>,
  orders: Orders,
): Mismatch[] {
  const { name, hub } = reception;
  const own = inOrder(reception, published);
  const found = new Map<string, Mismatch>();
  const add = (late: PublishedEvent, early: PublishedEvent, why: string) => {
    const text = `received ${early.id} before ${late.id}, ${why}`;
    found.set(late.id, { kind: 'reordered', subscriber: name, ids: [early.id, late.id], text });
  };
  const contradict = (sequence: readonly PublishedEvent[], key: string) => {
    const order = orders.get(key);
    for (const [index, event] of sequence.entries()) {
      const before = sequence[index - 1];
      if (before === undefined) continue;
      if ((order?.get(before.id) ?? 0) > (order?.get(event.id) ?? 0)) {
        add(event, before, `other subscribers of ${key} in the opposite order`);
      }
    }
  };
  contradict(own, hub);
  for (const [key, sequence] of Map.groupBy(own, (event) => event.hub)) {
    if (key !== hub) contradict(sequence, key);
    for (const [late, early] of againstPublishers(sequence)) {
      add(late, early, 'its publisher in the opposite order');
    }
  }
  return [...found.values()];
}

/** What it received, without what may come late. */
function inOrder(
  { ids, isNameless, start }: Reception<never>,
  published: ReadonlyMap<string, PublishedEvent>,
): PublishedEvent[] {
  const own = [...new Set(ids)].flatMap((id) => published.get(id) ?? []);
  if (!isNameless || 'after' in start) return own;
  return own.filter(({ sent }) => sent >= start.latest);
}

/** The events that came after one which was published later, each with that one. */
function againstPublishers(
  sequence: readonly PublishedEvent[],
): (readonly [late: PublishedEvent, early: PublishedEvent])[] {
  const found: (readonly [PublishedEvent, PublishedEvent])[] = [];
  /** Of those so far: the one that was sent last, and of each request the last one. */
  let lastSent: PublishedEvent | undefined;
  const lastOfRequest = new Map<number, PublishedEvent>();
  for (const event of sequence) {
    const sibling = lastOfRequest.get(event.request);
    if (sibling !== undefined && sibling.position > event.position) found.push([event, sibling]);
    else lastOfRequest.set(event.request, event);
    if (lastSent !== undefined && (event.acknowledged ?? Infinity) < lastSent.sent) {
      found.push([event, lastSent]);
    }
    if (lastSent === undefined || event.sent > lastSent.sent) lastSent = event;
  }
  return found;
}

function lost<E extends PublishedEvent>(
  reception: Reception<E>,
  published: ReadonlyMap<string, E>,
  accepted: readonly E[],
  orders: Orders,
): Mismatch[] {
  const { name, hub, left } = reception;
  const received = new Set(reception.ids);
  const own = [...received].flatMap((id) => published.get(id) ?? []);
  const order = orders.get(hub);
  const places = own.map(({ id }) => order?.get(id) ?? 0);
  const first = places.reduce((least, place) => Math.min(least, place), Infinity);
  const last = places.reduce((most, place) => Math.max(most, place), -Infinity);
  const lastSent = own.reduce((most, { sent }) => Math.max(most, sent), -Infinity);

  /** Whether it came so early that one who left had still been there. */
  const wasThere = (event: E): boolean => {
    if (!left) return true;
    const place = order?.get(event.id);
    return place === undefined ? (event.acknowledged ?? Infinity) < lastSent : place < last;
  };
  const isDue = (event: E): boolean => {
    if (!reception.maySee(event) || !wasThere(event)) return false;
    const side = sideOf(event, reception, published, orders);
    return side === 'after' || (side === 'either' && (order?.get(event.id) ?? -1) > first);
  };
  return accepted
    .filter((event) => !received.has(event.id) && isDue(event))
    .map(({ id, acknowledged }) => {
      const text = `never received ${id}, which ${acknowledged === undefined ? 'others received' : 'was acknowledged'}`;
      return { kind: 'lost', subscriber: name, ids: [id], text };
    });
}

/** On which side of a subscription's start an event is. */
function sideOf<E extends PublishedEvent>(
  event: E,
  { hub, start }: Reception<E>,
  published: ReadonlyMap<string, E>,
  orders: Orders,
): 'before' | 'either' | 'after' {
  if ('after' in start) {
    const place = orders.get(hub)?.get(event.id);
    const from = orders.get(hub)?.get(start.after);
    if (place !== undefined && from !== undefined) return place > from ? 'after' : 'before';
    const { sent = -Infinity, acknowledged = Infinity } = published.get(start.after) ?? {};
    return betweenTimes(event, sent, acknowledged);
  }
  return betweenTimes(event, start.earliest, start.latest);
}

function betweenTimes(
  { sent, acknowledged = Infinity }: PublishedEvent,
  earliest: number,
  latest: number,
): 'before' | 'either' | 'after' {
  if (acknowledged < earliest) return 'before';
  return sent >= latest ? 'after' : 'either';
}
