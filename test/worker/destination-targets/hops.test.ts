import { describe, expect } from 'vitest';
import { contentOf } from '../../../src/destination/formats.ts';
import { FORMATS } from '../../../src/destination/settings.ts';
import { signedHeaders } from '../../../src/destination/signed-headers.ts';
import { signingKeys } from '../../../src/destination/signing-secret.ts';
import { it } from '../fixtures.ts';
import { errorsOf, hubOf, root } from '../security-support.ts';
import { entriesOf, fetchApi } from '../support.ts';
import { anEvent, SECRET } from './support.ts';

const TOKEN = { 'X-Vault-Token': 'root' };

async function post(path: string, headers: Record<string, string>, body: string) {
  return fetchApi(path, { method: 'POST', headers, body });
}

function publishWith(hops: string, event: object = { metadata: { path: 'a' } }) {
  const headers = { ...TOKEN, 'Content-Type': 'application/json', 'Carillon-Hops': hops };
  return post('sys/events/publish/circle/event', headers, JSON.stringify(event));
}

async function storedMetadata(): Promise<unknown[]> {
  const entries = await entriesOf(hubOf('circle/event'));
  return entries.map(({ json }) => JSON.parse(json).data.event.metadata);
}

describe('an event that destinations have passed on', () => {
  it('has their number in its metadata', async () => {
    expect((await publishWith('2')).status).toBe(200);
    expect((await publishWith('0')).status).toBe(200);
    expect(await storedMetadata()).toEqual([{ path: 'a', carillon_hops: '2' }, { path: 'a' }]);
  });

  it('is refused after four of them, whether the header or its metadata says so', async () => {
    expect((await publishWith('4')).status).toBe(200);
    const refused = await publishWith('5');
    expect(refused.status).toBe(508);
    expect(await errorsOf(refused)).toContain('send events in a circle');
    const carried = await publishWith('1', { metadata: { path: 'a', carillon_hops: '5' } });
    expect(carried.status).toBe(508);
    expect(await storedMetadata()).toHaveLength(1);
  });

  it.each(['-1', 'many', '1, 2'])('is refused with the number %j', async (hops) => {
    expect((await publishWith(hops)).status).toBe(400);
  });
});

describe('what a destination sends', () => {
  it.each(FORMATS)('in the format %s is taken by publish, and by a source', async (format) => {
    const name = `sent-${format}`;
    await root.writes(`sys/events/sources/${name}`, {
      kind: 'standard-webhooks',
      secrets: [SECRET],
    });
    const event = anEvent(`evt-${format}`, { event_type: 'sent/event' });
    const { headers, body } = contentOf([event], format, false);
    const signed = await signedHeaders({ id: 'b1', body }, signingKeys([SECRET]), Date.now());
    const sent = { ...headers, ...signed, 'Carillon-Hops': '1' };
    const published = await post('sys/events/publish', { ...sent, ...TOKEN }, body);
    expect(published.status).toBe(200);
    const received = await post(`sys/events/in/${name}`, sent, body);
    if (format === 'cloudevents-binary') {
      // The signature says nothing of headers.
      expect(received.status).toBe(400);
      return;
    }
    expect(received.status).toBe(200);
    expect(await received.json()).toMatchObject({ accepted: 1, ids: [event.event.id] });
    const circle = await post(`sys/events/in/${name}`, { ...sent, 'Carillon-Hops': '5' }, body);
    expect(circle.status).toBe(508);
  });
});
