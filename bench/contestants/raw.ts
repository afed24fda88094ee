/**
 * The raw loop: a bare object that sends a frame to all sockets, one by one. Nobody is asked who they are,
 * nothing is kept. And the bare insert: an object that keeps an event under the same unique index.
 */
import { DurableObject } from 'cloudflare:workers';

/** What the runtime reports of a Close frame without a code; it may not be sent (RFC 6455, section 7.4). */
const NO_STATUS = 1005;

interface Env {
  readonly ROOM: DurableObjectNamespace<Room>;
}

export class Room extends DurableObject<Env> {
  #sequence: number;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS journal (
         sequence INTEGER PRIMARY KEY,
         key TEXT NOT NULL UNIQUE,
         accepted_at INTEGER NOT NULL,
         total_bytes INTEGER NOT NULL,
         json TEXT
       )`,
    );
    // It may have slept: a sequence that is there would be ignored, and cost nothing.
    this.#sequence = ctx.storage.sql
      .exec<{ last: number }>('SELECT COALESCE(MAX(sequence), 0) AS last FROM journal')
      .one().last;
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  broadcast(frame: string): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame);
  }

  insert(key: string, json: string): void {
    this.#sequence++;
    this.ctx.storage.sql.exec(
      'INSERT OR IGNORE INTO journal (sequence, key, accepted_at, total_bytes, json) VALUES (?, ?, ?, ?, ?)',
      this.#sequence,
      key,
      Date.now(),
      this.#sequence * json.length,
      json,
    );
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
    if (new URL(request.url).pathname === '/insert') {
      await room.insert(`${crypto.randomUUID()}\nroot\n\nbench/event\nvault://carillon`, frame);
    } else {
      await room.broadcast(frame);
    }
    return Response.json({ data: { accepted: 1 } });
  },
};
