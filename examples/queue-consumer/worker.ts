// A consumer of the queue of a destination. A queue may deliver a message more than once, and Carillon may send one more than once.
// So an event is known by its source and id, and its effect and these are written in one transaction.
import type { DeliveredEvent } from '@carillon/client';

interface Env {
  readonly DB: D1Database;
}

export default {
  async queue({ messages }, { DB }): Promise<void> {
    // An event that is known changes nothing. If this throws, the queue delivers all messages again.
    await DB.batch(messages.map(({ body }) => changeFor(body, DB)));
  },

  /** Shows how often each secret was changed. */
  async fetch(_request, { DB }): Promise<Response> {
    const { results } = await DB.prepare(
      'SELECT path, COUNT(*) AS changes FROM events GROUP BY path ORDER BY path',
    ).all();
    return Response.json(results);
  },
} satisfies ExportedHandler<Env, DeliveredEvent>;

/** Replace this with your effect: rows that refer to the event, in the same transaction. */
function changeFor({ source, id, type, subject }: DeliveredEvent, DB: D1Database) {
  return DB.prepare(
    'INSERT INTO events (source, id, type, path) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING',
  ).bind(source, id, type, subject ?? '');
}
