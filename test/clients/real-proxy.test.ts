/** Vault Proxy with a cache of static secrets, at the one address of OpenBao and Carillon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { TcpProxy } from '../faults/proxy.ts';
import { inTime } from '../support/in-time.ts';
import { scratchFolder } from '../support/scratch.ts';
import { OpenBaoSite } from './support/openbao-site.ts';
import { BAO, freePort, type Program, startProgram, VAULT } from './support/programs.ts';

/** Vault Proxy waits 10 s between attempts, and is back 20 s after its token ended. */
const REFRESH_MS = 60_000;
/** Vault Proxy gets a token that lives as long. */
const TOKEN_TTL_S = 40;

interface Secret {
  readonly value: string | undefined;
  /** `HIT` if it is from the cache of Vault Proxy. */
  readonly cache: string | null;
}

describe.skipIf(VAULT === undefined || BAO === undefined)('the cache of Vault Proxy', () => {
  const scratch = scratchFolder();
  let site: OpenBaoSite;
  let network: TcpProxy;
  let proxy: Program | undefined;
  let proxyAddress: string;

  /** Through Vault Proxy. */
  async function read(version?: number): Promise<Secret> {
    const query = version === undefined ? '' : `?version=${version}`;
    const response = await fetch(`${proxyAddress}/v1/secret/data/app/web${query}`);
    const { data } = (await response.json()) as { data?: { data?: { value: string } | null } };
    return { value: data?.data?.value, cache: response.headers.get('X-Cache') };
  }

  /** Waits until Vault Proxy answers with this from its cache. */
  function cached(value: string, version?: number): Promise<void> {
    return answered(value, 'HIT', version);
  }

  /** Waits until Vault Proxy has no such version, which it never caches. */
  function gone(version?: number): Promise<void> {
    return answered(undefined, null, version);
  }

  async function answered(value: Secret['value'], cache: Secret['cache'], version?: number) {
    let last: Secret | undefined;
    let isOver = false;
    const asked = (async () => {
      while (!isOver && !(last && last.value === value && last.cache === cache)) {
        last = await read(version).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    const late = () =>
      new Error(`it is not "${value}", but ${JSON.stringify(last)}:\n${proxy?.output()}`);
    try {
      await inTime(asked, REFRESH_MS, late);
    } finally {
      isOver = true;
    }
  }

  beforeAll(async () => {
    site = await OpenBaoSite.start(BAO ?? '');
    network = await TcpProxy.listen();
    site.repair(network);
    for (const [name, value] of Object.entries(await site.appRole(TOKEN_TTL_S))) {
      writeFileSync(join(scratch, name), value);
    }
    const port = await freePort();
    proxyAddress = `http://127.0.0.1:${port}`;
    const config = join(scratch, 'proxy.hcl');
    writeFileSync(config, proxyConfig(scratch, `http://127.0.0.1:${network.port}`, port));
    await site.write('web', { value: 'one' });
    proxy = startProgram(VAULT ?? '', ['proxy', `-config=${config}`], {});
  }, 180_000);
  afterAll(async () => {
    // It was not started if something before it failed.
    proxy?.process.kill();
    await proxy?.exited;
    network.close();
    await site[Symbol.asyncDispose]();
  });

  it('forgets versions that are deleted or destroyed, and has again what is undeleted', async () => {
    await site.write('web', { value: 'zero' });
    await cached('zero');
    await site.ask('secret/delete/app/web', { versions: [2] });
    await gone();
    await site.ask('secret/undelete/app/web', { versions: [2] });
    await cached('zero');

    await cached('one', 1);
    await site.ask('secret/destroy/app/web', { versions: [1] });
    await gone(1);
    await site.write('web', { value: 'one' });
  }, 300_000);

  it('has the newest version after a reset, a kill, and the end of its token', async () => {
    await cached('one');
    await site.write('web', { value: 'two' });
    await cached('two');

    network.cutAll();
    await site.write('web', { value: 'three' });
    await cached('three');

    await site.end('SIGKILL');
    await site.start();
    await site.write('web', { value: 'four' });
    await cached('four');

    // Its token has ended by then, and its connection with that.
    await new Promise((resolve) => setTimeout(resolve, TOKEN_TTL_S * 1000));
    await site.write('web', { value: 'five' });
    await cached('five');
  }, 300_000);
});

function proxyConfig(folder: string, address: string, port: number): string {
  return `
vault { address = "${address}" }
auto_auth {
  method "approle" {
    config = {
      role_id_file_path                   = "${folder}/role_id"
      secret_id_file_path                 = "${folder}/secret_id"
      remove_secret_id_file_after_reading = false
    }
  }
}
api_proxy { use_auto_auth_token = true }
cache { cache_static_secrets = true }
listener "tcp" {
  address     = "127.0.0.1:${port}"
  tls_disable = true
}
`;
}
