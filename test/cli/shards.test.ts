/** Shards on one machine: the region of a client is what it says, if the operator wants that. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { startLocalServer } from '../support/local-server.ts';

/** The regions that have replicas after three clients said that they are in Oceania. */
async function regionsOf(options: string[]): Promise<readonly string[]> {
  const server = await startLocalServer(options);
  const leaving = new AbortController();
  onTestFinished(async () => {
    leaving.abort();
    await server.stop();
  });
  const get = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`${server.address}/v1/sys/events/${path}`, {
      headers: { 'X-Vault-Token': server.token, ...headers },
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    return response;
  };
  for (const region of ['weur', 'oc', 'oc', 'oc']) {
    await get('subscribe/abc', { Accept: 'text/event-stream', 'X-Carillon-Region': region });
  }
  const { data } = (await (await get('hubs/abc', {})).json()) as {
    data: { regions?: readonly { region: string }[] };
  };
  return data.regions?.map(({ region }) => region) ?? [];
}

describe('a client that says its region', () => {
  it('is served there by a server with --region-header', async () => {
    const options = ['--shard-at', '5', '--region-at', '1', '--region-header', 'X-Carillon-Region'];
    expect(await regionsOf(options)).toEqual(['oc']);
  });

  it('is not believed without', async () => {
    expect(await regionsOf(['--shard-at', '5', '--region-at', '1'])).toEqual([]);
  });

  it('is served by the hub of a server without shards', async () => {
    expect(await regionsOf([])).toEqual([]);
  });
});
