import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../history.ts';
import { checkDestinations } from './checker.ts';
import type { Delivery, Followed, Wrong } from './deliveries.ts';

/** In the journal of the hub `h`, in this order. */
function eventsOf(ids: string, hub = 'h'): PublishedEvent[] {
  return [...ids].map((id, index) => {
    const sent = 10 * index;
    return { id, hub, request: index, position: 0, sent, acknowledged: sent + 5 };
  });
}

/** Batches, divided by blanks. Those in brackets were refused: `ab (c) c`. */
function batches(text: string, at = 0): Delivery[] {
  return text
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => {
      const ids = [...each.replace(/[()]/g, '')];
      return { at, batch: ids.join(''), ids, isTaken: !each.startsWith('(') };
    });
}

function destination(deliveries: Delivery[], members: Partial<Followed> = {}): Followed {
  return {
    name: 'a destination',
    wants: () => true,
    concurrency: 1,
    maxEvents: 100,
    deliveries,
    deadLetters: [],
    faults: 0,
    ...members,
  };
}

function journalsOf(events: readonly PublishedEvent[]): Map<string, string[]> {
  const byHub = Map.groupBy(events, ({ hub }) => hub);
  return new Map([...byHub].map(([hub, own]) => [hub, own.map(({ id }) => id)]));
}

function checked(events: PublishedEvent[], ...destinations: Followed[]): Wrong[] {
  return checkDestinations({ events, journals: journalsOf(events), destinations });
}

function kinds(events: PublishedEvent[], ...destinations: Followed[]): string[] {
  return checked(events, ...destinations).map(({ kind, ids }) => `${kind} ${ids.join(' ')}`);
}

describe('a run in which all is well', () => {
  it('has nothing to tell', () => {
    expect(kinds(eventsOf('abcd'), destination(batches('ab c d')))).toEqual([]);
  });

  it('has failed attempts', () => {
    expect(kinds(eventsOf('abc'), destination(batches('(ab) (ab) ab (c) c')))).toEqual([]);
  });

  it('has batches that are divided because the receiver refused the whole', () => {
    expect(kinds(eventsOf('abcd'), destination(batches('(abcd) ab cd')))).toEqual([]);
  });

  it('has destinations that want a part', () => {
    const wants = ({ id }: PublishedEvent) => id !== 'b';
    expect(kinds(eventsOf('abc'), destination(batches('a c'), { wants }))).toEqual([]);
  });

  it('has dead letters in place of deliveries', () => {
    const dead = destination(batches('a (b) (b) c'), { deadLetters: ['b'] });
    expect(kinds(eventsOf('abc'), dead)).toEqual([]);
  });

  it('leaves the order of two hubs open', () => {
    const events = [...eventsOf('abc'), ...eventsOf('xyz', 'i')];
    expect(kinds(events, destination(batches('xy ab c z')))).toEqual([]);
  });

  it('has no order where several batches are under way', () => {
    expect(kinds(eventsOf('abc'), destination(batches('c a b'), { concurrency: 4 }))).toEqual([]);
  });

  it('may not have delivered what needs a right that was lost', () => {
    const revocation = { at: 100, concerns: ({ id }: PublishedEvent) => id === 'b' };
    expect(kinds(eventsOf('abc'), destination(batches('a c'), { revocation }))).toEqual([]);
    const before = destination(batches('a b c', 1100), { revocation });
    expect(kinds(eventsOf('abc'), before)).toEqual([]);
  });
});

describe('a lost event', () => {
  it.each([
    ['the first', 'b c', 'a'],
    ['one in between', 'a c', 'b'],
    ['the last', 'ab', 'c'],
    ['one that never was taken', 'a (b) (b) c', 'b'],
  ])('is found where it is %s', (_, text, missing) => {
    expect(kinds(eventsOf('abc'), destination(batches(text)))).toEqual([`lost ${missing}`]);
  });

  it('is found where nothing arrived', () => {
    expect(kinds(eventsOf('ab'), destination([]))).toEqual(['lost a', 'lost b']);
  });

  it('is found where another destination has it', () => {
    const both = [destination(batches('ab')), destination(batches('a'))];
    expect(kinds(eventsOf('ab'), ...both)).toEqual(['lost b']);
  });

  it('is found where it does not need the right that was lost', () => {
    const revocation = { at: 0, concerns: ({ id }: PublishedEvent) => id === 'a' };
    expect(kinds(eventsOf('ab'), destination([], { revocation }))).toEqual(['lost b']);
  });

  it('is found where it was acknowledged and no journal has it', () => {
    const journals = new Map([['h', ['a']]]);
    const found = checkDestinations({ events: eventsOf('ab'), journals, destinations: [] });
    expect(found.map(({ kind, ids }) => [kind, ids])).toEqual([['lost', ['b']]]);
  });

  it('is found where nobody acknowledged it, but a journal has it', () => {
    const events = eventsOf('ab').map((each) => ({ ...each, acknowledged: undefined }));
    expect(kinds(events, destination(batches('a')))).toEqual(['lost b']);
  });
});

describe('a batch that comes again', () => {
  it('is found where nothing had failed', () => {
    expect(kinds(eventsOf('abc'), destination(batches('ab ab c')))).toEqual(['repeated ab']);
  });

  it('is found where one event of it came before', () => {
    expect(kinds(eventsOf('abc'), destination(batches('a abc')))).toEqual(['repeated abc']);
  });

  it('may come as often as there were faults', () => {
    expect(kinds(eventsOf('abc'), destination(batches('ab ab c'), { faults: 1 }))).toEqual([]);
    const twice = destination(batches('ab ab c ab'), { faults: 1 });
    expect(kinds(eventsOf('abc'), twice)).toEqual(['repeated ab ab']);
  });

  it('may come for each of those that were under way', () => {
    const four = { faults: 1, concurrency: 4 };
    expect(kinds(eventsOf('abcd'), destination(batches('a b c d a b c d'), four))).toEqual([]);
    const five = destination(batches('a b c d a b c d a'), four);
    expect(kinds(eventsOf('abcd'), five)).toEqual(['repeated a b c d a']);
  });

  it('is none if the receiver had refused it', () => {
    expect(kinds(eventsOf('ab'), destination(batches('(ab) (ab) ab')))).toEqual([]);
  });

  it('is found if it has more events than when it was taken', () => {
    const [first, second] = batches('ab abc');
    const again = [first, second && { ...second, batch: 'ab' }].filter(
      (each) => each !== undefined,
    );
    expect(kinds(eventsOf('abc'), destination(again, { faults: 1 }))).toEqual(['altered c']);
  });

  it('may have fewer', () => {
    const [first, second] = batches('ab a');
    const again = [first, second && { ...second, batch: 'ab' }].filter(
      (each) => each !== undefined,
    );
    expect(kinds(eventsOf('ab'), destination(again, { faults: 1 }))).toEqual([]);
  });
});

describe('an event that arrives too early', () => {
  it('is found within a batch and between batches', () => {
    expect(kinds(eventsOf('abc'), destination(batches('acb')))).toEqual(['reordered c b']);
    expect(kinds(eventsOf('abc'), destination(batches('b a c')))).toEqual(['reordered b a']);
  });

  it('is found where the receiver had refused it', () => {
    expect(kinds(eventsOf('abc'), destination(batches('(b) a b c')))).toEqual(['reordered b a']);
  });
});

describe('what should not arrive', () => {
  it('is found where nobody published it', () => {
    expect(kinds(eventsOf('a'), destination(batches('ax')))).toEqual(['foreign x']);
  });

  it('is found where the destination does not want it, also if it was refused, or as a dead letter', () => {
    const wants = ({ id }: PublishedEvent) => id !== 'b';
    const events = eventsOf('ab');
    expect(kinds(events, destination(batches('a b'), { wants }))).toEqual(['foreign b']);
    expect(kinds(events, destination(batches('a (b)'), { wants }))).toEqual(['foreign b']);
    const dead = destination(batches('a'), { wants, deadLetters: ['b'] });
    expect(kinds(events, dead)).toEqual(['foreign b']);
  });

  it('is found where the right was lost more than a second ago, also if it was refused', () => {
    const revocation = { at: 100, concerns: ({ id }: PublishedEvent) => id === 'b' };
    for (const text of ['a b', 'a (b)']) {
      const late = destination(batches(text, 1101), { revocation });
      expect(kinds(eventsOf('ab'), late)).toEqual(['revoked b']);
    }
  });

  it('is found where a batch is too large', () => {
    const small = destination(batches('ab c'), { maxEvents: 1 });
    expect(kinds(eventsOf('abc'), small)).toEqual(['oversized a b']);
  });
});

it('finds whatever is taken out of a run in which all is well', () => {
  const events = eventsOf('abcdefghijklmnop');
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(sizes, fc.nat({ max: 15 }), (lengths, missing) => {
      const ids = events.map(({ id }) => id);
      const all = lengths.map((length) => ids.splice(0, length).join('')).filter(Boolean);
      expect(kinds(events, destination(batches(all.join(' '))))).toEqual([]);
      const id = events[missing]?.id ?? '';
      const without = all.map((each) => each.replace(id, '')).join(' ');
      expect(kinds(events, destination(batches(without)))).toEqual([`lost ${id}`]);
    }),
  );
});
