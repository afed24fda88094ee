/**
 * As little as can be done in the same runtime. The raw loop: a bare object that sends a frame to all sockets, one by
 * one; no token, no journal. And the segment append: an object that appends a frame to a segment, as a journal must.
 */
import { DurableObject } from 'cloudflare:workers';

/** What the runtime reports of a Close frame without a code; it may not be sent (RFC 6455, section 7.4). */
const NO_STATUS = 1005;
/** With more, the next frame begins a segment. */
const MAX_SEGMENT_BYTES = 32 * 1024;

interface Env {
  readonly ROOM: DurableObjectNamespace<Room>;
}

interface Segment {
  readonly number: number;
  bytes: number;
}

export class Room extends DurableObject<Env> {
  /** The one that is appended to. */
  #open: Segment;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS segments (
         number INTEGER PRIMARY KEY,
         frames TEXT NOT NULL
       )`,
    );
    const [last] = ctx.storage.sql.exec<{ number: number; bytes: number }>(
      'SELECT number, octet_length(frames) AS bytes FROM segments ORDER BY number DESC LIMIT 1',
    );
    this.#open = last ?? { number: 0, bytes: MAX_SEGMENT_BYTES };
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  broadcast(frame: string): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame);
  }

  /** Writes one row. It is on the disk before the caller is answered. */
  append(frame: string): void {
    const { sql } = this.ctx.storage;
    if (this.#open.bytes + frame.length > MAX_SEGMENT_BYTES) {
      this.#open = { number: this.#open.number + 1, bytes: frame.length };
      sql.exec('INSERT INTO segments (number, frames) VALUES (?, ?)', this.#open.number, frame);
    } else {
      this.#open.bytes += frame.length;
      sql.exec(
        'UPDATE segments SET frames = frames || ? WHERE number = ?',
        frame,
        this.#open.number,
      );
    }
  }

  override webSocketMessage(): void {}

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === NO_STATUS ? 1000 : code);
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const room = env.ROOM.getByName('bench');
    if (request.method !== 'POST') return room.fetch(request);
    const frame = await request.text();
    if (new URL(request.url).pathname === '/append') await room.append(frame);
    else await room.broadcast(frame);
    return Response.json({ data: { accepted: 1 } });
  },
};
