/** The TypeScript client passes the conformance vectors of `carillon.v1`, which the other clients pass too. */
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { play } from './vectors/play.ts';
import { readVectors } from './vectors/vector.ts';

/** The package `ws` on a platform that lets no program ping. */
class HeartbeatWebSocket extends WebSocket {
  override ping: never = undefined as never;
}

const vectors = readVectors();

describe.each([...vectors])('%s', (_name, vector) => {
  const needs = vector.needs ?? [];
  const Socket = needs.includes('heartbeats') ? HeartbeatWebSocket : WebSocket;

  it.each([0, 0.999999])(`with random numbers of %d: ${vector.title}`, async (random) => {
    await play(vector, { random, WebSocket: Socket });
  });
});

it('the vectors are of the version that is played here, and name sections of the protocol', () => {
  for (const [name, { version, sections, needs = [] }] of vectors) {
    expect(version, name).toBe(1);
    expect(sections.length, name).toBeGreaterThan(0);
    expect(['pings', 'heartbeats', 'leases'], name).toEqual(expect.arrayContaining([...needs]));
  }
});
