import { describe, expect, it } from 'vitest';
import { call, expectErrors } from './support/target.ts';

const HEALTH = 'sys/health';

describe('the health of an active server', () => {
  it('is 200 to everybody, with the members that monitors read', async () => {
    const { status, headers, body } = await call(HEALTH);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(JSON.parse(body)).toMatchObject({
      initialized: true,
      sealed: false,
      standby: false,
      performance_standby: false,
      replication_performance_mode: expect.stringMatching(/./),
      replication_dr_mode: expect.stringMatching(/./),
      server_time_utc: expect.any(Number),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      cluster_name: expect.stringMatching(/./),
      cluster_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    });
  });

  it('tells the time in whole seconds', async () => {
    const { server_time_utc } = JSON.parse((await call(HEALTH)).body) as {
      server_time_utc: number;
    };
    expect(Number.isInteger(server_time_utc)).toBe(true);
    expect(Math.abs(server_time_utc - Date.now() / 1000)).toBeLessThan(60);
  });

  it('names the same cluster every time', async () => {
    const [first, second] = await Promise.all([call(HEALTH), call(HEALTH)]);
    const cluster = ({ body }: { body: string }) =>
      (JSON.parse(body) as { cluster_id: string }).cluster_id;
    expect(cluster(first)).toBe(cluster(second));
  });

  it('has no body where it is asked by HEAD', async () => {
    expect(await call(HEALTH, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('is told with the status that activecode asks for', async () => {
    const { status, body } = await call(`${HEALTH}?activecode=299`);
    expect(status).toBe(299);
    expect(JSON.parse(body)).toMatchObject({ initialized: true });
    expect(await call(`${HEALTH}?activecode=299`, { method: 'HEAD' })).toMatchObject({
      status: 299,
    });
  });

  it.each([
    'standbyok=true',
    'perfstandbyok=true',
    'standbycode=299',
    'performancestandbycode=299',
    'drsecondarycode=299',
    'sealedcode=299',
    'uninitcode=299',
  ])('is 200 whatever %s says of other states', async (parameter) => {
    expect(await call(`${HEALTH}?${parameter}`)).toMatchObject({ status: 200 });
  });

  it('is 400 where activecode is no number', async () => {
    expect(await call(`${HEALTH}?activecode=green`)).toMatchObject({ status: 400 });
    expect(await call(`${HEALTH}?activecode=green`, { method: 'HEAD' })).toMatchObject({
      status: 400,
    });
  });

  it('needs no token and is not kept from a wrong one', async () => {
    const headers = { 'X-Vault-Token': 'hvs.bogus' };
    expect(await call(HEALTH, { headers })).toMatchObject({ status: 200 });
  });

  it.each(['POST', 'PUT', 'DELETE'])('cannot be changed by %s', async (method) => {
    expectErrors(await call(HEALTH, { method }), 405, [
      expect.stringContaining('unsupported operation'),
    ]);
  });
});

describe('whether the server is initialized', () => {
  it('is told to everybody, as clients ask it before anything else', async () => {
    const answer = await call('sys/init');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { initialized: true }]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  });

  it.each(['POST', 'PUT'])('is nothing to be done again by %s', async (method) => {
    const body = '{"secret_shares":1,"secret_threshold":1}';
    expectErrors(await call('sys/init', { method, body }), 400, ['Vault is already initialized']);
  });
});
