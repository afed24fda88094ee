/** How `carillon events subscribe` ends when the server ends the subscription. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Finished, run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { StockServer } from '../support/stock-server.ts';

/** workerd leaves the connection of a WebSocket that it has closed open for so long. */
const TCP_LINGER_MS = 10_000;

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token, HOME: scratch };
});
afterAll(() => server.stop());

async function createToken(...args: string[]): Promise<string> {
  const { stdout } = await run(['token', 'create', '--format=json', ...args], env);
  return (JSON.parse(stdout) as { auth: { client_token: string } }).auth.client_token;
}

/** Writes the policy `reader`, which grants the subscription to `bells` or not. */
async function writePolicy(namespace: string, capabilities: string): Promise<void> {
  const file = join(scratch, 'reader.hcl');
  writeFileSync(file, `path "sys/events/subscribe/bells" { capabilities = ["${capabilities}"] }`);
  const written = await run(['policy', 'write', '-namespace', namespace, 'reader', file], env);
  expect(written.code).toBe(0);
}

/** Subscribes with a token, ends its right once the subscription is there, and waits for the end. */
async function endedBy(
  args: string[],
  variables: Record<string, string>,
  end: () => Promise<unknown>,
): Promise<Finished> {
  const subscription = start(['events', 'subscribe', ...args, 'bells'], { ...env, ...variables });
  await subscription.stderrMatching(/subscribed to/);
  await end();
  return subscription.finished;
}

describe.each([
  ['as a stock subscriber', []],
  ['with --since', ['--since', 'earliest']],
  ['with --follow', ['--follow']],
])('a subscription %s ends with 4', (_how, args) => {
  it('when its token is revoked, long before the connection ends', async () => {
    const token = await createToken('--policy=root');
    let revokedAt = 0;
    const { code, stderr } = await endedBy(args, { VAULT_TOKEN: token }, async () => {
      await run(['token', 'revoke', token], env);
      revokedAt = Date.now();
    });
    expect(code).toBe(4);
    expect(Date.now() - revokedAt).toBeLessThan(TCP_LINGER_MS / 2);
    expect(stderr).toMatch(
      /\ncarillon: the server (closed|ended) the subscription|permission denied/,
    );
    expect(stderr).not.toContain(token);
  });

  it('when its token expires', async () => {
    const token = await createToken('--policy=root', '--ttl=5s');
    const { code } = await endedBy(args, { VAULT_TOKEN: token }, () => Promise.resolve());
    expect(code).toBe(4);
  });

  it('when its policies lose the right', async () => {
    await run(['namespace', 'create', 'policies'], env);
    await writePolicy('policies', 'read');
    const token = await createToken('--policy=reader', '-namespace=policies');
    const { code } = await endedBy(args, { VAULT_TOKEN: token, VAULT_NAMESPACE: 'policies' }, () =>
      writePolicy('policies', 'deny'),
    );
    expect(code).toBe(4);
  });

  it('when its namespace is deleted', async () => {
    await run(['namespace', 'create', 'short-lived'], env);
    const { code } = await endedBy(args, { VAULT_NAMESPACE: 'short-lived' }, () =>
      run(['namespace', 'delete', 'short-lived'], env),
    );
    expect(code).toBe(4);
  });
});

describe('a subscription to a stock server', () => {
  it('ends with 0 when the server closes it normally, and would accept it again', async () => {
    await using stock = await StockServer.start();
    const { code, stderr } = await endedBy([], { VAULT_ADDR: stock.address }, () =>
      stock.close(1000),
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `subscribed to bells at ${stock.address}\nthe server closed the subscription (1000)\n`,
    });
    expect(stock.handshakes).toHaveLength(2);
  });

  it('ends with 0 when the server closes it normally and is gone', async () => {
    const stock = await StockServer.start();
    const { code } = await endedBy([], { VAULT_ADDR: stock.address }, async () => {
      stock.decide = () => ({ status: 503 });
      await stock.close(1000);
    });
    await stock[Symbol.asyncDispose]();
    expect(code).toBe(0);
  });

  it.each([403, 404])('ends with 4 when the server refuses it now: %s', async (status) => {
    await using stock = await StockServer.start();
    const { code, stderr } = await endedBy([], { VAULT_ADDR: stock.address }, async () => {
      stock.decide = () => ({ status, body: '{"errors":["permission denied"]}' });
      await stock.close(1000);
    });
    expect(code).toBe(4);
    expect(stderr).toContain(
      `carillon: the server closed the subscription (1000) and does not accept it again: the server answered ${status}: permission denied\n`,
    );
  });

  it.each([1001, 1011, 1013])(
    'ends with 1 when the server closes it with %s',
    async (closeCode) => {
      await using stock = await StockServer.start();
      const { code, stderr } = await endedBy([], { VAULT_ADDR: stock.address }, () =>
        stock.close(closeCode),
      );
      expect(code).toBe(1);
      expect(stderr).toContain(
        `carillon: the server closed the subscription (${closeCode}); with --follow, this command`,
      );
    },
  );

  it('ends with 1 when the connection breaks', async () => {
    await using stock = await StockServer.start();
    const { code, stderr } = await endedBy([], { VAULT_ADDR: stock.address }, () => stock.drop());
    expect(code).toBe(1);
    expect(stderr).toContain(
      'carillon: the connection broke; with --follow, this command reconnects to a Carillon server\n',
    );
  });
});

it.each([[[]], [['--follow']]])(
  'a subscription that is refused at once ends with 1: %j',
  async (args) => {
    const refused = await run(['events', 'subscribe', ...args, 'bells'], {
      ...env,
      VAULT_TOKEN: 'no-token',
    });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
  },
);
