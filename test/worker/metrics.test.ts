/** The metrics of hubs and authorities, from what they do to `sys/metrics`. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { WildcardHub } from '../../src/hub/wildcard-hub.ts';
import type { DataPoint, DatasetBinding } from '../../src/metrics/data-point.ts';
import { MAX_REPORTED_SOURCES, STORE_INTERVAL_MS } from '../../src/metrics/limits.ts';
import type { KnownSource, Report } from '../../src/metrics/reports.ts';
import type { MetricsSummary } from '../../src/metrics/summary.ts';
import { METRICS_NAME } from '../../src/objects/names.ts';
import { parseExposition } from '../support/exposition.ts';
import { it } from './fixtures.ts';
import { aHolder, Client, errorsOf, granting, keyOf, root } from './security-support.ts';
import { hubStub, subscribe } from './support.ts';

const READER = granting({ 'sys/metrics': 'read' });

const metricsObject = () => env.METRICS.getByName(METRICS_NAME);

async function summaryOf(client: Client, path = 'sys/metrics'): Promise<MetricsSummary> {
  const response = await client.get(path);
  expect(response.status).toBe(200);
  return response.json();
}

/** The value of the one series with this name and these labels. */
function valueIn(summary: MetricsSummary, name: string, labels: Record<string, string>): number {
  const all = [
    ...summary.Gauges.map((each) => ({ ...each, value: each.Value })),
    ...summary.Counters.map((each) => ({ ...each, value: each.Sum })),
    ...summary.Samples.map((each) => ({ ...each, value: each.Count })),
  ];
  const found = all.filter(
    ({ Name, Labels }) =>
      Name === name && Object.entries(labels).every(([key, value]) => Labels[key] === value),
  );
  expect(found, `${name} ${JSON.stringify(labels)}`).toHaveLength(1);
  return found[0]?.value ?? Number.NaN;
}

/** Lets a minute pass for the next report. */
function nextMinute(minutes = 1): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + minutes * 60_000);
}

const HUB = { namespace: 'root', hub: 'abc' };

/** Waits until a report has arrived that has this. */
function reported(check: (summary: MetricsSummary) => void): Promise<void> {
  return vi.waitFor(async () => check(await summaryOf(root)));
}

describe('a hub', () => {
  it('reports what it did, and what its state is', async () => {
    const subscriber = await subscribe('abc/x');
    await reported((summary) => expect(valueIn(summary, 'carillon.classes', HUB)).toBe(1));
    nextMinute();
    await root.published('abc/x', { id: 'a' });
    expect(await subscriber.nextId()).toBe('a');
    await reported((summary) => {
      const value = (name: string, labels = {}) => valueIn(summary, name, { ...HUB, ...labels });
      expect(value('carillon.events.accepted', { publisher: 'token' })).toBe(1);
      expect(value('carillon.publish.requests', { outcome: 'stored' })).toBe(1);
      expect(value('carillon.deliveries', { protocol: 'stock', from: 'live' })).toBe(1);
      expect(value('carillon.handshakes', { outcome: 'accepted' })).toBe(1);
      expect(value('carillon.sockets', { protocol: 'stock', encoding: 'json' })).toBe(1);
      expect(value('carillon.classes')).toBe(1);
      expect(value('carillon.journal.events')).toBe(1);
      expect(value('carillon.journal.appended')).toBe(1);
      expect(value('carillon.journal.size')).toBeGreaterThan(100);
      expect(value('carillon.sent')).toBeGreaterThan(100);
      expect(value('carillon.queue.peak.events')).toBe(1);
      expect(value('db.client.operation.duration')).toBe(1);
    });
    subscriber.socket.close();
  });

  it('reports at most once a minute', async () => {
    await root.published('abc/x', { id: 'a' });
    const accepted = (summary: MetricsSummary) =>
      valueIn(summary, 'carillon.events.accepted', { ...HUB, publisher: 'token' });
    await reported((summary) => expect(accepted(summary)).toBe(1));
    await root.published('abc/x', { id: 'b' });
    await root.published('abc/x', { id: 'c' });
    expect(accepted(await summaryOf(root))).toBe(1);
    nextMinute();
    await root.published('abc/x', { id: 'd' });
    await reported((summary) => expect(accepted(summary)).toBe(4));
  });

  it('adds to what it counted before it slept', async () => {
    await root.published('abc/x', { id: 'a' });
    await reported((summary) => valueIn(summary, 'carillon.journal.events', HUB));
    await evictDurableObject(hubStub('abc'));
    nextMinute();
    await root.published('abc/x', { id: 'b' });
    await reported((summary) => {
      const labels = { ...HUB, publisher: 'token' };
      expect(valueIn(summary, 'carillon.events.accepted', labels)).toBe(2);
    });
  });

  it('counts duplicates, resumes and refused handshakes', async () => {
    await root.published('abc/x', { id: 'a' });
    await root.published('abc/x', { id: 'a' });
    await root.published('abc/x', { id: 'b' });
    const resumed = await subscribe('abc/x', 'json=true&since=a');
    expect(await resumed.nextId()).toBe('b');
    const lost = await subscribe('abc/x', 'json=true&since=unknown');
    nextMinute();
    expect((await root.handshake('abc/x', '&since=2999-01-01T00:00:00Z')).status).toBe(400);
    await reported((summary) => {
      const value = (name: string, labels = {}) => valueIn(summary, name, { ...HUB, ...labels });
      expect(value('carillon.events.duplicates')).toBe(1);
      expect(value('carillon.resumes', { outcome: 'full' })).toBe(1);
      expect(value('carillon.resumes', { outcome: 'gap' })).toBe(1);
      expect(value('carillon.handshakes', { outcome: 'invalid' })).toBe(1);
      expect(value('carillon.deliveries', { protocol: 'stock', from: 'journal' })).toBe(3);
    });
    for (const { socket } of [resumed, lost]) socket.close();
  });

  it('publishes when the metrics object fails', async () => {
    await runInDurableObject(metricsObject(), (object) => {
      vi.spyOn(object, 'report').mockImplementation(() => {
        throw new Error('metrics are broken');
      });
    });
    expect(await root.published('abc/x', { id: 'a' })).toBe('a');
  });

  it('is not shown any more when its events are deleted', async () => {
    await root.published('abc/x', { id: 'a' });
    await reported((summary) => valueIn(summary, 'carillon.journal.events', HUB));
    await hubStub('abc').clear();
    await reported(({ Gauges }) =>
      expect(Gauges.filter(({ Labels }) => Labels.hub === 'abc')).toEqual([]),
    );
  });

  it('stores nothing because of a report, if it has nothing else', async () => {
    expect((await root.handshake('abc/x', '&since=2999-01-01T00:00:00Z')).status).toBe(400);
    await vi.waitFor(async () => {
      const entries = await runInDurableObject(hubStub('abc'), (_hub, { storage }) => [
        ...storage.kv.list(),
      ]);
      expect(entries).toEqual([]);
    });
  });
});

describe('a wildcard hub', () => {
  it('reports under the name *', async () => {
    const subscriber = await subscribe('*');
    nextMinute();
    await root.published('abc/x', { id: 'a' });
    expect(await subscriber.nextId()).toBe('a');
    await reported((summary) => {
      const labels = { namespace: 'root', hub: '*' };
      expect(valueIn(summary, 'carillon.journal.appended', labels)).toBe(1);
      expect(valueIn(summary, 'carillon.feed.pages', { ...HUB, outcome: 'taken' })).toBe(1);
      expect(valueIn(summary, 'carillon.feed.lag', HUB)).toBe(0);
    });
    subscriber.socket.close();
  });
});

describe('an authority', () => {
  it('reports tokens and look-ups', async () => {
    nextMinute(11);
    const holder = await aHolder(READER);
    nextMinute(11);
    await holder.get('sys/metrics');
    await reported((summary) => {
      const labels = { namespace: 'root' };
      expect(valueIn(summary, 'carillon.tokens', labels)).toBe(1);
      expect(valueIn(summary, 'carillon.tokens.created', labels)).toBe(1);
      expect(
        valueIn(summary, 'carillon.tokens.lookups', { ...labels, outcome: 'found' }),
      ).toBeGreaterThan(0);
    });
  });

  it('reports what is used of a quota, and asks the wildcard hub about the hubs', async ({
    team,
  }) => {
    await root.writes(`sys/events/quotas/${team}`, { hubs: 3, subscribers: 5 });
    await root.in(team).published('abc/x', { id: 'a' });
    await root.in(team).subscribe('abc/x');
    nextMinute(11);
    await root.in(team).list('sys/policies/acl');
    await reported((summary) => {
      const use = (limit: string) =>
        valueIn(summary, 'carillon.quota.use', { namespace: `${team}/`, limit });
      expect([use('hubs'), use('subscribers')]).toEqual([1, 1]);
    });
  });

  it('does not wake the wildcard hub if hubs have no limit', async ({ team }) => {
    await root.writes(`sys/events/quotas/${team}`, { subscribers: 5 });
    const hubs = vi.spyOn(WildcardHub.prototype, 'hubs');
    nextMinute(11);
    await root.in(team).list('sys/policies/acl');
    await reported((summary) => {
      const labels = { namespace: `${team}/`, limit: 'subscribers' };
      expect(valueIn(summary, 'carillon.quota.limit', labels)).toBe(5);
    });
    expect(hubs).not.toHaveBeenCalled();
  });
});

describe('sys/metrics', () => {
  it('answers in the format of Prometheus', async () => {
    await root.published('abc/x', { id: 'a' });
    await reported((summary) => valueIn(summary, 'carillon.journal.events', HUB));
    for (const path of ['sys/metrics', 'sys/events/metrics']) {
      const response = await root.get(`${path}?format=prometheus`);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const families = parseExposition(await response.text());
      const samples = families.get('carillon_journal_events')?.samples;
      expect(samples).toContainEqual({ name: 'carillon_journal_events', labels: HUB, value: 1 });
    }
  });

  it('answers a scraper that asks for the format by what it accepts', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1';
    const response = await root.fetch('sys/metrics', { headers: { Accept: accept } });
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
  });

  it('names the formats if it does not know one', async () => {
    const response = await root.get('sys/metrics?format=statsd');
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('"statsd" unknown; give format=prometheus');
  });

  it('needs read on its path', async () => {
    const reader = await aHolder(READER);
    expect((await reader.get('sys/metrics')).status).toBe(200);
    expect((await reader.get('sys/events/metrics')).status).toBe(403);
    const other = await aHolder(granting({ 'sys/metrics': 'list update' }));
    expect((await other.get('sys/metrics')).status).toBe(403);
    expect((await root.post('sys/metrics')).status).toBe(405);
  });

  it('shows a namespace its own hubs and those below, and no others', async ({ team }) => {
    const below = await root.in(team).makesNamespace();
    await root.published('abc/x');
    await root.in(team).published('abc/x');
    await root.in(below).published('abc/x');
    await reported((summary) => {
      for (const namespace of ['root', `${team}/`, `${below}/`]) {
        valueIn(summary, 'carillon.journal.events', { namespace, hub: 'abc' });
      }
    });
    const reader = await aHolder(READER, {}, team);
    const { Gauges } = await summaryOf(reader);
    const namespaces = new Set(Gauges.map(({ Labels }) => Labels.namespace));
    expect([...namespaces].sort()).toEqual([`${team}/`, `${below}/`].sort());
  });

  it('says how old the values of a hub are, and forgets one after a day', async () => {
    await root.published('abc/x');
    await reported((summary) => valueIn(summary, 'carillon.journal.events', HUB));
    nextMinute(2);
    const age = valueIn(await summaryOf(root), 'carillon.report.age', { ...HUB, source: 'hub' });
    expect(age).toBeGreaterThan(119);
    nextMinute(24 * 60);
    const { Gauges } = await summaryOf(root);
    expect(Gauges.filter(({ Labels }) => Labels.hub === 'abc')).toEqual([]);
  });
});

describe('the metrics object', () => {
  const report = (source: string, life: string, counts: Record<string, number>): Report => ({
    format: 1,
    kind: 'hub',
    source,
    life,
    counts,
    state: {},
  });

  const storedSources = () =>
    runInDurableObject(metricsObject(), (_object, { storage }) =>
      [...storage.kv.list<{ sources: KnownSource[] }>({ prefix: 'sources/' })].flatMap(
        ([, { sources }]) => sources.map(({ source }) => source),
      ),
    );

  /** Waits until everything that was reported is stored. */
  const stored = (count: number) =>
    vi.waitFor(
      async () => expect(await storedSources()).toHaveLength(count),
      STORE_INTERVAL_MS + 3000,
    );

  it('stores a report at once if it has not stored one just before', async () => {
    await metricsObject().report(report('/one', 'a', { duplicates: 1 }));
    await evictDurableObject(metricsObject());
    await metricsObject().report(report('/two', 'a', { duplicates: 2 }));
    await evictDurableObject(metricsObject());
    expect((await storedSources()).sort()).toEqual(['/one', '/two']);
  });

  it('has after its eviction what it was told just after it had stored', async () => {
    await metricsObject().report(report('/one', 'a', { duplicates: 1 }));
    await metricsObject().report(report('/two', 'a', { duplicates: 2 }));
    await metricsObject().report(report('/three', 'a', { duplicates: 3 }));
    await stored(3);
    await evictDurableObject(metricsObject());
    await metricsObject().report(report('/two', 'b', { duplicates: 5 }));
    const summary = await summaryOf(root);
    const duplicates = (hub: string) =>
      valueIn(summary, 'carillon.events.duplicates', { namespace: 'root', hub });
    expect([duplicates('one'), duplicates('two'), duplicates('three')]).toEqual([1, 7, 3]);
  });

  it('forgets a hub whose end is reported, also after its eviction', async () => {
    await metricsObject().report(report('/one', 'a', { duplicates: 1 }));
    await metricsObject().report(report('/two', 'a', { duplicates: 2 }));
    await metricsObject().report({ ...report('/one', 'a', {}), ended: true });
    const { sources } = await metricsObject().read('');
    expect(sources.map(({ source }) => source)).toEqual(['/two']);
    await vi.waitFor(
      async () => expect(await storedSources()).toEqual(['/two']),
      STORE_INTERVAL_MS + 3000,
    );
  });

  it('ignores a format that it does not know', async () => {
    const newer = { ...report('/one', 'a', { duplicates: 1 }), format: 2 };
    await metricsObject().report(newer as unknown as Report);
    expect((await metricsObject().read('')).sources).toEqual([]);
  });

  it('has room for other namespaces, however many hubs one has', async ({ team }) => {
    const key = await keyOf(team);
    await runInDurableObject(metricsObject(), (object) => {
      for (let hub = 0; hub < MAX_REPORTED_SOURCES; hub++) {
        object.report(report(`/hub-${hub}`, 'a', { duplicates: 1 }));
      }
      object.report(report(`${key}/abc`, 'a', { duplicates: 1 }));
    });
    const { sources, dropped } = await metricsObject().read('');
    const ofRoot = sources.filter(({ source }) => source.startsWith('/hub-'));
    expect(ofRoot.length).toBeLessThan(MAX_REPORTED_SOURCES * 0.6);
    expect(sources.map(({ source }) => source)).toContain(`${key}/abc`);
    expect(dropped).toBe(MAX_REPORTED_SOURCES - ofRoot.length);
    expect((await metricsObject().read(key)).dropped).toBe(0);
    // The largest reports that there can be fit what one value may have.
    await stored(sources.length);
  });
});

describe('Analytics Engine', () => {
  /** The points that a dataset is given by the local platform's binding, which stores none. */
  function written(): { blobs: string[]; doubles: number[] }[] {
    const { METRICS_DATASET: dataset } = env as unknown as Required<DatasetBinding>;
    const points: DataPoint[] = [];
    const write = dataset.writeDataPoint.bind(dataset);
    vi.spyOn(dataset, 'writeDataPoint').mockImplementation((point) => {
      points.push(point);
      write(point);
    });
    return points;
  }

  it('gets a point for each report of a hub', async () => {
    const points = written();
    await root.published('abc/x', { id: 'a' });
    await vi.waitFor(() => {
      const ofHub = points.filter(({ blobs }) => blobs[0] === 'hub' && blobs[2] === 'abc');
      expect(ofHub.map(({ doubles }) => doubles[0])).toEqual([1]);
    });
  });

  it('gets what an isolate of the Worker counts, a minute later', async () => {
    const points = written();
    const settings = { kind: 'github', secrets: ['a secret of this test'] };
    await root.writes('sys/events/sources/here', settings);
    // Later than the isolate has written, whatever the time was in other tests.
    nextMinute(10 * 24 * 60);
    await root.get('sys/events/types');
    points.length = 0;
    const wrong = await new Client(undefined).post('sys/events/in/here');
    expect(wrong.status).toBe(401);
    expect(points.filter(({ blobs }) => blobs[0] === 'worker')).toEqual([]);
    nextMinute();
    await root.get('sys/events/types');
    const [worker] = points.filter(({ blobs }) => blobs[0] === 'worker');
    expect(worker?.doubles.slice(0, 3)).toEqual([2, 1, 0]);
    expect(worker?.doubles[4]).toBe(60);
    const deliveries = points.filter(({ blobs }) => blobs[0] === 'delivery');
    expect(deliveries).toMatchObject([
      { blobs: ['delivery', 'root', 'here', 'github', 'unauthorized'], doubles: [1, 60] },
    ]);
  });
});
