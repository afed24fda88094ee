/** Vault Proxy with a cache of static secrets, at the one address of OpenBao and Carillon. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { TcpProxy } from '../faults/proxy.ts';
import { inTime } from '../support/in-time.ts';
import { scratchFolder } from '../support/scratch.ts';
import { BAO, freePort, type Program, startProgram, VAULT } from './support/programs.ts';
import { RestartedSite } from './support/site.ts';

const UPSTREAM_TOKEN = 'bao-root';
/** Vault Proxy waits 10 s between attempts, and is back 20 s after its token ended. */
const REFRESH_MS = 60_000;
const START_MS = 60_000;
/** The token of Vault Proxy lives as long. */
const TOKEN_TTL_S = 40;

interface Secret {
  readonly value: string | undefined;
  /** `HIT` if it is from the cache of Vault Proxy. */
  readonly cache: string | null;
}

async function until(holds: () => Promise<boolean>, what: () => string): Promise<void> {
  let isOver = false;
  const asked = (async () => {
    while (!isOver && !(await holds())) await new Promise((resolve) => setTimeout(resolve, 200));
  })();
  try {
    await inTime(asked, REFRESH_MS, () => new Error(what()));
  } finally {
    isOver = true;
  }
}

describe.skipIf(VAULT === undefined || BAO === undefined)('the cache of Vault Proxy', () => {
  const scratch = scratchFolder();
  const programs: Program[] = [];
  let site: RestartedSite;
  let network: TcpProxy;
  let proxyAddress: string;

  /** As the administrator of OpenBao, through Carillon. */
  async function ask(path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${site.address}/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'X-Vault-Token': UPSTREAM_TOKEN },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  const write = (value: string) => ask('secret/data/app/web', { data: { value } });

  /** Through Vault Proxy. */
  async function read(): Promise<Secret> {
    const response = await fetch(`${proxyAddress}/v1/secret/data/app/web`);
    const { data } = (await response.json()) as { data?: { data?: { value: string } } };
    return { value: data?.data?.value, cache: response.headers.get('X-Cache') };
  }

  async function cached(value: string): Promise<void> {
    let last: Secret | undefined;
    await until(
      async () => {
        last = await read();
        return last.value === value && last.cache === 'HIT';
      },
      () => `not in the cache: ${value}, but ${JSON.stringify(last)}\n${programs.at(-1)?.output()}`,
    );
  }

  beforeAll(async () => {
    const port = await freePort();
    const upstream = `http://127.0.0.1:${port}`;
    const dev = ['server', '-dev', `-dev-root-token-id=${UPSTREAM_TOKEN}`];
    programs.push(startProgram(BAO ?? '', [...dev, `-dev-listen-address=127.0.0.1:${port}`], {}));
    const answers = () =>
      fetch(`${upstream}/v1/sys/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(answers, () => `OpenBao does not start:\n${programs[0]?.output()}`);

    site = await RestartedSite.open({}, ['--upstream', upstream]);
    network = await TcpProxy.listen();
    site.repair(network);
    const policy = 'path "secret/data/app/*" { capabilities = ["read"] }';
    await ask('sys/policies/acl/app', { policy });
    await ask('sys/auth/approle', { type: 'approle' });
    const role = 'auth/approle/role/proxy';
    await ask(role, {
      token_policies: ['app'],
      token_ttl: TOKEN_TTL_S,
      token_max_ttl: TOKEN_TTL_S,
    });
    const { data: roleId } = (await ask(`${role}/role-id`)) as { data: { role_id: string } };
    const { data: secretId } = (await ask(`${role}/secret-id`, {})) as {
      data: { secret_id: string };
    };
    writeFileSync(join(scratch, 'role-id'), roleId.role_id);
    writeFileSync(join(scratch, 'secret-id'), secretId.secret_id);

    const proxyPort = await freePort();
    proxyAddress = `http://127.0.0.1:${proxyPort}`;
    const config = join(scratch, 'proxy.hcl');
    writeFileSync(config, proxyConfig(scratch, `http://127.0.0.1:${network.port}`, proxyPort));
    programs.push(startProgram(VAULT ?? '', ['proxy', `-config=${config}`], {}));
    await write('one');
    const isRead = () =>
      read().then(
        ({ value }) => value === 'one',
        () => false,
      );
    await until(isRead, () => `Vault Proxy does not start:\n${programs[1]?.output()}`);
  }, START_MS * 3);
  afterAll(async () => {
    for (const { process, exited } of programs.toReversed()) {
      process.kill();
      await exited;
    }
    network.close();
    await site[Symbol.asyncDispose]();
  });

  it('has the newest version after a reset, a kill, and the end of its token', async () => {
    await cached('one');
    await write('two');
    await cached('two');

    for (const link of network.links) link.cut();
    await write('three');
    await cached('three');

    await site.end('SIGKILL');
    await site.start();
    await write('four');
    await cached('four');

    // Its token has ended by then, and that of its connection with it.
    await new Promise((resolve) => setTimeout(resolve, TOKEN_TTL_S * 1000));
    await write('five');
    await cached('five');
  }, 300_000);
});

function proxyConfig(folder: string, address: string, port: number): string {
  return `
vault { address = "${address}" }
auto_auth {
  method "approle" {
    config = {
      role_id_file_path                   = "${folder}/role-id"
      secret_id_file_path                 = "${folder}/secret-id"
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
