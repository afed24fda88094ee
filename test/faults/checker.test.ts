import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import type { Accepted, History, PublishedEvent, Reception } from './history.ts';
import type { Mismatch } from './mismatch.ts';

/** Published one after the other in hub `h`, each acknowledged before the next was sent. */
function eventsOf(ids: string, members: Partial<PublishedEvent> = {}): PublishedEvent[] {
  return [...ids].map((id, index) => ({
    id,
    hub: 'h',
    request: index,
    position: 0,
    sent: 10 * index,
    acknowledged: 10 * index + 5,
    ...members,
  }));
}

/** Published at the same time: any order is right. */
function concurrentEvents(ids: string, hub = 'h'): PublishedEvent[] {
  return eventsOf(ids).map((event) => ({ ...event, hub, sent: 0, acknowledged: 100 }));
}

function received(ids: string, members: Partial<Reception> = {}): Reception {
  return {
    name: 'a subscriber',
    isStock: false,
    isNameless: false,
    hub: 'h',
    maySee: () => true,
    start: { earliest: 0, latest: 0 },
    left: false,
    ids: [...ids],
    receipts: [],
    cursors: [],
    gaps: [],
    ...members,
  };
}

function checked(
  events: PublishedEvent[],
  receptions: Reception[],
  beginnings: History['beginnings'] = new Map(),
): Mismatch[] {
  return check({ events, receptions, beginnings });
}

function kinds(events: PublishedEvent[], ...receptions: Reception[]): string[] {
  return checked(events, receptions).map(({ kind, ids }) => `${kind} ${ids.join(' ')}`.trim());
}

describe('a run in which all is well', () => {
  it('has nothing to tell', () => {
    expect(kinds(eventsOf('abc'), received('abc'), received('abc'))).toEqual([]);
  });

  it('leaves the order of what was published at the same time to the hub', () => {
    expect(kinds(concurrentEvents('abc'), received('bca'), received('bca'))).toEqual([]);
  });

  it('has subscribers that see a part', () => {
    const part = received('ac', { maySee: ({ id }) => id !== 'b' });
    expect(kinds(eventsOf('abc'), received('abc'), part)).toEqual([]);
  });

  it('may or may not have events that were never acknowledged', () => {
    const events = [...eventsOf('ab'), ...eventsOf('x', { sent: 100, acknowledged: undefined })];
    expect(kinds(events, received('ab'), received('ab'))).toEqual([]);
    expect(kinds(events, received('abx'), received('abx'))).toEqual([]);
  });

  it('has a wildcard hub whose order is its own, but for that of each hub that feeds it', () => {
    const events = [...concurrentEvents('abc', 'h'), ...concurrentEvents('xyz', 'i')];
    const spanning = received('xaybzc', { hub: 'g' });
    const feeders = [received('abc', { hub: 'h' }), received('xyz', { hub: 'i' })];
    const maySee = [
      ({ hub }: PublishedEvent) => hub === 'h',
      ({ hub }: PublishedEvent) => hub === 'i',
    ];
    const own = feeders.map((each, index) => ({ ...each, maySee: maySee[index] ?? each.maySee }));
    expect(kinds(events, spanning, spanning, ...own)).toEqual([]);
  });
});

describe('a lost event', () => {
  it.each([
    ['the first', 'bcd', 'a'],
    ['one in between', 'abd', 'c'],
    ['the last', 'abc', 'd'],
  ])('is found where it is %s', (_, ids, missing) => {
    expect(kinds(eventsOf('abcd'), received('abcd'), received(ids))).toEqual([`lost ${missing}`]);
  });

  it('is found where nobody received it, and where nobody received anything', () => {
    expect(kinds(eventsOf('abc'), received('ac'))).toEqual(['lost b']);
    expect(kinds(eventsOf('ab'), received(''))).toEqual(['lost a', 'lost b']);
  });

  it('is found where it was never acknowledged, but another subscriber received it', () => {
    const events = [...eventsOf('ab'), ...eventsOf('x', { sent: 100, acknowledged: undefined })];
    expect(kinds(events, received('abx'), received('ab'))).toEqual(['lost x']);
  });

  it('is found where it was to come from another hub', () => {
    const events = [...eventsOf('ab'), ...eventsOf('x', { hub: 'i' })];
    expect(kinds(events, received('ab', { hub: 'g' }))).toEqual(['lost x']);
  });
});

describe('an event that comes again', () => {
  it('is found, however late', () => {
    expect(kinds(eventsOf('abc'), received('aabc'))).toEqual(['duplicated a']);
    expect(kinds(eventsOf('abc'), received('abca'))).toEqual(['duplicated a']);
  });

  it('is found where it was never acknowledged', () => {
    const events = eventsOf('a', { acknowledged: undefined });
    expect(kinds(events, received('aa'))).toEqual(['duplicated a']);
  });

  it('counts as often as it came too often', () => {
    expect(kinds(eventsOf('a'), received('aaa'))).toHaveLength(2);
  });
});

describe('an event that comes again from a replica', () => {
  const SHARD = '/h#weur-2';
  const shard: Accepted = { at: 5, object: SHARD };

  /** Received twice on these connections. The event is published at 0, and received at 20 and 40. */
  function repeated(
    members: Partial<Reception>,
    begun: number,
    [first, second]: readonly [Accepted, Accepted] = [shard, shard],
  ): string[] {
    const receipts = [
      { connection: first, at: 20 },
      { connection: second, at: 40 },
    ];
    const reception = received('aa', { isStock: true, receipts, ...members });
    const beginnings = new Map([[second.object, [begun]]]);
    return checked(eventsOf('a'), [reception], beginnings).map(({ kind }) => kind);
  }

  it('is allowed to a stock subscriber if the replica lost its memory while the connection stayed', () => {
    expect(repeated({}, 30)).toEqual([]);
    const head = { at: 5, object: '/h#weur' };
    expect(repeated({}, 30, [head, head])).toEqual([]);
  });

  it('is found if the subscriber acknowledges', () => {
    expect(repeated({ isStock: false }, 30)).toEqual(['duplicated']);
  });

  it('is found if the replica had its memory', () => {
    expect(repeated({}, -100)).toEqual(['duplicated']);
    expect(repeated({}, 100)).toEqual(['duplicated']);
  });

  it('is found if it began before the connection was there', () => {
    const later = { at: 200, object: SHARD };
    expect(repeated({}, 100, [later, later])).toEqual(['duplicated']);
  });

  it('is found if it came on another connection', () => {
    expect(repeated({}, 30, [shard, { at: 25, object: SHARD }])).toEqual(['duplicated']);
  });

  it('is found if a hub sent it, which stores how far it has come', () => {
    const hub = { at: 5, object: '/h' };
    expect(repeated({}, 30, [hub, hub])).toEqual(['duplicated']);
  });

  it('counts once for each time that the replica lost its memory', () => {
    const receipts = [20, 40, 60].map((at) => ({ connection: shard, at }));
    const reception = received('aaa', { isStock: true, receipts });
    const once = checked(eventsOf('a'), [reception], new Map([[SHARD, [30]]]));
    expect(once.map(({ kind }) => kind)).toEqual(['duplicated']);
    expect(checked(eventsOf('a'), [reception], new Map([[SHARD, [30, 50]]]))).toEqual([]);
  });
});

describe('another order', () => {
  it('is allowed to one without a position for what was sent before it was accepted', () => {
    const start = { earliest: -Infinity, latest: 16 };
    const late = received('cabd', { isStock: true, isNameless: true, start });
    expect(kinds(eventsOf('abcd'), received('abcd'), late)).toEqual([]);
    expect(kinds(eventsOf('abcd'), received('abcd'), { ...late, isNameless: false })).not.toEqual(
      [],
    );
    const wrong = received('dabc', { isStock: true, isNameless: true, start });
    expect(kinds(eventsOf('abcd'), received('abcd'), wrong)).not.toEqual([]);
  });

  it('is found where subscribers of one hub contradict each other', () => {
    const most = Array.from({ length: 3 }, () => received('abc'));
    expect(kinds(concurrentEvents('abc'), ...most, received('acb'))).toEqual(['reordered c b']);
  });

  it('is found where each received a part, and only all together contradict each other', () => {
    const part = (ids: string) => received(ids, { maySee: ({ id }) => ids.includes(id) });
    expect(kinds(concurrentEvents('abc'), part('ab'), part('bc'), part('ca'))).toHaveLength(1);
  });

  it('is found in what all received, against the order in which it was published', () => {
    expect(kinds(eventsOf('abc'), received('acb'))).toEqual(['reordered c b']);
  });

  it('is found within a request', () => {
    const events = concurrentEvents('abc').map((event, position) => ({
      ...event,
      request: 1,
      position,
    }));
    expect(kinds(events, received('bac'))).toEqual(['reordered b a']);
  });

  it('is found between a hub and the wildcard hub that it feeds', () => {
    const hub = Array.from({ length: 2 }, () => received('abc'));
    const spanning = received('bac', { hub: 'g' });
    expect(kinds(concurrentEvents('abc'), ...hub, spanning)).toEqual(['reordered b a']);
  });

  it('is found between subscribers of one wildcard hub', () => {
    const events = [...concurrentEvents('a', 'h'), ...concurrentEvents('x', 'i')];
    const spanning = (ids: string) => received(ids, { hub: 'g' });
    expect(kinds(events, spanning('ax'), spanning('ax'), spanning('xa'))).toEqual([
      'reordered x a',
    ]);
  });
});

describe('an event that is not for this subscriber', () => {
  it('is found where it may not see it', () => {
    const maySee = ({ id }: PublishedEvent) => id !== 'b';
    expect(kinds(eventsOf('abc'), received('abc', { maySee }))).toEqual(['foreign b']);
  });

  it('is found where nobody published it', () => {
    expect(kinds(eventsOf('ab'), received('azb'))).toEqual(['foreign z']);
  });

  it('is found where it is from before the start', () => {
    const start = { earliest: 10, latest: 12 };
    expect(kinds(eventsOf('abc'), received('abc', { start }))).toEqual(['foreign a']);
    expect(kinds(eventsOf('abc'), received('abc', { start: { after: 'a' } }))).toEqual([
      'foreign a',
    ]);
  });
});

describe('a subscriber that comes and goes', () => {
  const all = received('abcde');

  it('is due what was published after it came', () => {
    const start = { earliest: 12, latest: 20 };
    expect(kinds(eventsOf('abcde'), all, received('cde', { start }))).toEqual([]);
    expect(kinds(eventsOf('abcde'), all, received('de', { start }))).toEqual(['lost c']);
  });

  it('may begin anywhere in what was published as it came, but leaves nothing out from there', () => {
    const start = { earliest: 0, latest: 30 };
    expect(kinds(eventsOf('abcde'), all, received('de', { start }))).toEqual([]);
    expect(kinds(eventsOf('abcde'), all, received('bcde', { start }))).toEqual([]);
    expect(kinds(eventsOf('abcde'), all, received('bde', { start }))).toEqual(['lost c']);
  });

  it('is due all that follows the event after which it begins', () => {
    const start = { after: 'b' };
    expect(kinds(eventsOf('abcde'), all, received('cde', { start }))).toEqual([]);
    expect(kinds(eventsOf('abcde'), all, received('de', { start }))).toEqual(['lost c']);
  });

  it('is due nothing after it left, and all before', () => {
    expect(kinds(eventsOf('abcde'), all, received('abc', { left: true }))).toEqual([]);
    expect(kinds(eventsOf('abcde'), all, received('ac', { left: true }))).toEqual(['lost b']);
  });
});

it('a gap that a subscriber was told of is found', () => {
  expect(kinds(eventsOf('a'), received('a', { gaps: ['forgotten'] }))).toEqual(['gap']);
});

describe('the cursors that came with events', () => {
  const told = (ids: string, ...cursors: (string | undefined)[]) => received(ids, { cursors });
  const right = told('abc', '1', '2', '3');

  it('are the same for all subscribers of a hub, of whom some have none', () => {
    const stock = told('abc', undefined, undefined, undefined);
    expect(kinds(eventsOf('abc'), right, right, stock)).toEqual([]);
  });

  it('are others at another hub', () => {
    const spanning = received('abc', { hub: 'g', cursors: ['7', '8', '9'] });
    expect(kinds(eventsOf('abc'), right, spanning)).toEqual([]);
  });

  it('are found if one subscriber was told another one', () => {
    expect(kinds(eventsOf('abc'), right, right, told('abc', '1', '5', '3'))).toEqual(['cursor b']);
  });

  it('are found if they name two places', () => {
    expect(kinds(eventsOf('abc'), told('abc', '1', '2', '2'))).toEqual(['cursor c']);
  });

  it('are found if one subscriber was told those of others', () => {
    const shifted = told('abc', '1', '3', '4');
    const [first] = checked(eventsOf('abc'), [right, right, shifted]);
    expect(first?.text).toBe('received b with the cursor 3, which is that of c');
  });
});

/** Some that hear the same, of concurrent events in some order. */
const runs = fc
  .uniqueArray(fc.constantFrom(...'abcdefghijkl'), { minLength: 3 })
  .map((order) => ({ order, events: concurrentEvents([...order].sort().join('')) }));

describe('whatever the order', () => {
  const spoilt = (
    order: readonly string[],
    events: PublishedEvent[],
    ids: string[],
  ): Mismatch[] => {
    const right = Array.from({ length: 3 }, () => received(order.join('')));
    return checked(events, [...right, received(ids.join(''), { name: 'spoilt' })]);
  };

  it('finds nothing where there is nothing', () => {
    fc.assert(fc.property(runs, ({ order, events }) => spoilt(order, events, order).length === 0));
  });

  it('finds the one event that is left out, doubled, or exchanged with its neighbour', () => {
    fc.assert(
      fc.property(runs, fc.nat(), ({ order, events }, where) => {
        const index = where % (order.length - 1);
        const [id = '', next = ''] = order.slice(index);
        const found = (ids: string[]) =>
          spoilt(order, events, ids).map(({ kind, subscriber }) => `${subscriber} ${kind}`);
        expect(found(order.toSpliced(index, 1))).toEqual(['spoilt lost']);
        expect(found([...order, id])).toEqual(['spoilt duplicated']);
        expect(found(order.toSpliced(index, 2, next, id))).toEqual(['spoilt reordered']);
      }),
    );
  });
});
