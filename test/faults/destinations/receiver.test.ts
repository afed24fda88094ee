import { afterEach, describe, expect, it } from 'vitest';
import { Ledger } from '../ledger.ts';
import { Random } from '../random.ts';
import { type Manners, Receiver } from './receiver.ts';

const LATE_MS = 50;

const open: Receiver[] = [];
const ledger = new Ledger(() => undefined);
const [published] = ledger.send('p', [
  { namespace: '', type: 'kv/write', path: 'secret/a', hub: 'kv' },
]);
const id = published?.id ?? '';

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function receiver(manners: Partial<Manners> = {}): Promise<Receiver> {
  const started = await Receiver.listen({
    kind: 'worker',
    behaviours: [['take', 1]],
    ledger,
    random: new Random(1),
    lateMs: LATE_MS,
    ...manners,
  });
  open.push(started);
  return started;
}

function item(members: { id?: string; path?: string; type?: string } = {}): object {
  const { id: ofEvent = id, path = 'secret/a', type = 'kv/write' } = members;
  const event = { id: ofEvent, metadata: { path } };
  return { id: ofEvent, type, subject: path, data: { event, event_type: type } };
}

async function send(
  to: Receiver,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const url = `http://127.0.0.1:${to.port}/`;
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(10 * LATE_MS),
  });
  return { status: response.status, text: await response.text() };
}

const call = { id: 'batch 1', events: [item()] };

describe('a receiver that takes a batch', () => {
  it('notes what a Worker passes on', async () => {
    const worker = await receiver();
    expect((await send(worker, call)).status).toBe(200);
    expect(worker.deliveries).toEqual([
      { at: expect.any(Number), batch: 'batch 1', ids: [id], isTaken: true },
    ]);
  });

  it('notes a webhook in each format', async () => {
    const hook = await receiver({ kind: 'webhook' });
    const own = { 'webhook-id': 'batch 2' };
    await send(hook, item(), { ...own, 'content-type': 'application/cloudevents+json' });
    await send(hook, [item(), item()], {
      ...own,
      'content-type': 'application/cloudevents-batch+json',
    });
    const binary = { 'ce-id': id, 'ce-type': 'kv/write', 'ce-subject': 'secret/a' };
    const { data } = item() as { data: object };
    await send(hook, data, { ...own, ...binary, 'content-type': 'application/json' });
    expect(hook.problems).toEqual([]);
    expect(hook.deliveries.map(({ ids }) => ids)).toEqual([[id], [id, id], [id]]);
  });

  it('notes the messages of a queue, alone or together', async () => {
    const queue = await receiver({ kind: 'queue' });
    const message = { body: Buffer.from(JSON.stringify(item())).toString('base64') };
    await send(queue, { messages: [message, message] }, { 'cf-queue-batch-count': '2' });
    await send(queue, item());
    expect(queue.deliveries.map(({ ids }) => ids)).toEqual([[id, id], [id]]);
  });

  it('keeps the events of the server apart', async () => {
    const hook = await receiver();
    await send(hook, { id: 'b', events: [item({ id: 'u', type: 'carillon/undelivered' })] });
    expect(hook.deliveries).toEqual([]);
    expect(hook.ofServer).toMatchObject([{ id: 'u', metadata: { path: 'secret/a' } }]);
  });

  it('says that an event is not what was published', async () => {
    const worker = await receiver();
    await send(worker, { id: 'b', events: [item({ path: 'secret/b' })] });
    expect(worker.deliveries[0]?.ids[0]).toMatch(/altered/);
  });

  it('says that attributes contradict the event', async () => {
    const worker = await receiver();
    const other = { ...item(), subject: 'secret/b' };
    await expect(send(worker, { id: 'b', events: [other] })).rejects.toThrow();
    expect(worker.problems).toEqual([expect.stringMatching(/secret\/b/)]);
  });
});

describe('a receiver that fails', () => {
  it.each([
    ['fail', 500],
    ['busy', 429],
    ['gone', 410],
    ['redirect', 307],
  ] as const)('by %s answers %i, and took nothing', async (behaviour, status) => {
    const worker = await receiver({ behaviours: [[behaviour, 1]] });
    expect((await send(worker, call)).status).toBe(status);
    expect(worker.deliveries).toMatchObject([{ isTaken: false }]);
    expect(worker.lies).toBe(0);
  });

  it('answers 413 to more events than it takes', async () => {
    const worker = await receiver({ largest: 1 });
    const two = { id: 'b', events: [item(), item()] };
    expect((await send(worker, two)).status).toBe(413);
    expect((await send(worker, call)).status).toBe(200);
  });

  it('refuses a batch with an event that it never takes', async () => {
    const worker = await receiver({ refuses: ({ path }) => path === 'secret/a' });
    expect((await send(worker, call)).status).toBe(500);
    worker.calm();
    expect((await send(worker, call)).status).toBe(500);
  });

  it.each(['reset', 'hang'] as const)('by %s does not answer', async (behaviour) => {
    const worker = await receiver({ behaviours: [[behaviour, 1]] });
    await expect(send(worker, call)).rejects.toThrow();
    expect(worker.deliveries).toMatchObject([{ isTaken: false }]);
  });

  it('takes everything when it is calm', async () => {
    const worker = await receiver({ behaviours: [['fail', 1]] });
    worker.calm();
    expect((await send(worker, call)).status).toBe(200);
  });
});

describe('a receiver that lies', () => {
  it.each(['half', 'endless'] as const)('by %s took the batch', async (behaviour) => {
    const worker = await receiver({ behaviours: [[behaviour, 1]] });
    await expect(send(worker, call)).rejects.toThrow();
    expect(worker.deliveries).toMatchObject([{ isTaken: true }]);
    expect(worker.lies).toBe(1);
  });

  it('answers late', async () => {
    const worker = await receiver({ behaviours: [['late', 1]] });
    const sent = performance.now();
    expect((await send(worker, call)).status).toBe(200);
    expect(performance.now() - sent).toBeGreaterThanOrEqual(LATE_MS - 1);
    expect(worker.lies).toBe(1);
  });
});
