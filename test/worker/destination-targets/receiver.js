/**
 * The Worker that destinations of the tests deliver to, by a service binding and by a queue. What it does with a batch is in the
 * name of the destination: `fails-…` throws, `hangs-…` never answers.
 */
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';

/** What was received, under a name of the test. */
export class Record extends DurableObject {
  add(item) {
    const items = this.ctx.storage.kv.get('items') ?? [];
    this.ctx.storage.kv.put('items', [...items, item]);
  }
  items() {
    return this.ctx.storage.kv.get('items') ?? [];
  }
}

function record(env, name) {
  return env.RECORD.get(env.RECORD.idFromName(name));
}

export class Receiver extends WorkerEntrypoint {
  async events(batch) {
    if (batch.destination.startsWith('hangs-')) await scheduler.wait(30_000);
    await record(this.env, batch.destination).add(batch);
    if (batch.destination.startsWith('fails-')) throw new Error('the cache is\nfull');
    return { kept: batch.events.length };
  }
  /** For the tests. */
  received(name) {
    return record(this.env, name).items();
  }
}

export default {
  fetch: () => new Response('receiver'),
  /** The messages of a queue, by the event type. */
  async queue(batch, env) {
    for (const { body } of batch.messages) await record(env, body.data.event_type).add(body);
  },
};
