/** The `vault` command, as a script runs it that starts it again whenever it ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TcpProxy } from '../faults/proxy.ts';
import { inTime } from '../support/in-time.ts';
import { post } from '../support/post.ts';
import { type Program, startProgram, VAULT } from './support/programs.ts';
import { RestartedSite } from './support/site.ts';
import type { Account } from './support/stock-client.ts';

const WRITES = 30;
/** What a shell loop waits. */
const AGAIN_MS = 1_000;
const ARRIVAL_MS = 30_000;

/** `vault events subscribe` ends when its connection does, and prints one event after another, without a line end. */
class Loop implements AsyncDisposable {
  text = '';
  runs = 0;
  token: string;
  #program: Program | undefined;
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(vault: string, address: string, account: Account, token: string) {
    this.token = token;
    this.#running = this.#run(vault, address, account);
  }

  received(id: string): boolean {
    return this.text.includes(`"id":"${id}"`);
  }

  async until(id: string): Promise<void> {
    while (!this.received(id)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#program?.process.kill();
    await this.#running;
  }

  async #run(vault: string, address: string, account: Account): Promise<void> {
    while (!this.#isStopped) {
      if (!(await account.isValid(this.token).catch(() => true))) {
        this.token = await account.logIn();
      }
      this.runs++;
      const env = { VAULT_ADDR: address, VAULT_TOKEN: this.token };
      this.#program = startProgram(vault, ['events', 'subscribe', 'kv*'], env, (text) => {
        this.text += text;
      });
      await this.#program.exited;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

describe.skipIf(VAULT === undefined)('vault events subscribe, in a loop', () => {
  let site: RestartedSite;
  let network: TcpProxy;
  let loop: Loop;

  beforeAll(async () => {
    site = await RestartedSite.open();
    network = await TcpProxy.listen();
    site.repair(network);
    const account = await site.account();
    const address = `http://127.0.0.1:${network.port}`;
    loop = new Loop(VAULT ?? '', address, account, await account.logIn());
    // Nothing tells that it is connected but an event.
    for (let probe = 1; loop.text === ''; probe++) {
      await site.write(`probe-${probe}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }, 120_000);
  afterAll(async () => {
    await loop[Symbol.asyncDispose]();
    network.close();
    await site[Symbol.asyncDispose]();
  });

  it('prints 30 events, one a second, over a reset, a kill and the end of its token', async () => {
    const breaks: Readonly<Record<number, () => Promise<void> | void>> = {
      5: () => {
        network.cutAll();
      },
      12: async () => {
        await site.end('SIGKILL');
        await site.start();
      },
      20: async () => {
        await post(site, 'auth/token/revoke', { token: loop.token });
      },
    };
    const ids = Array.from({ length: WRITES }, (_, index) => `w-${index + 1}`);
    for (const [index, id] of ids.entries()) {
      const next = new Promise((resolve) => setTimeout(resolve, 1000));
      await site.write(id);
      await breaks[index + 1]?.();
      await next;
    }
    const all = Promise.all(ids.map((id) => loop.until(id)));
    await inTime(all, ARRIVAL_MS, () => new Error('late')).catch(() => undefined);
    expect(ids.filter((id) => !loop.received(id))).toEqual([]);
    expect(loop.runs).toBeGreaterThanOrEqual(4);
  }, 120_000);
});
