import { describe, expect, it } from 'vitest';
import { WaitingEvents } from '../../src/http/upstream-events/waiting-events.ts';

function take(waiting: WaitingEvents, token: string): number {
  let taken = 0;
  while (waiting.add(token)) taken++;
  return taken;
}

describe('writes that wait for their events', () => {
  it('of one token take at most half of the room, and another token has room then', () => {
    const waiting = new WaitingEvents(100);
    expect(take(waiting, 'first')).toBe(50);
    expect(waiting.add('second')).toBe(true);
  });

  it('take no room any more when they are stored', () => {
    const waiting = new WaitingEvents(100);
    const taken = take(waiting, 'first');
    for (let i = 0; i < taken; i++) waiting.remove('first');
    expect(take(waiting, 'second')).toBe(taken);
  });
});
