/** Carillon in front of a real OpenBao: clients log in there, and what is written there makes the events. */
import { inTime } from '../../support/in-time.ts';
import { freePort, type Program, startProgram } from './programs.ts';
import { RestartedSite } from './site.ts';
import type { Account } from './stock-client.ts';

const START_MS = 60_000;
const UPSTREAM_TOKEN = 'bao-root';
const ROLE = 'auth/approle/role/app';

type Json = Readonly<Record<string, unknown>>;

export interface AppRole {
  readonly role_id: string;
  readonly secret_id: string;
}

export class OpenBaoSite extends RestartedSite {
  readonly #openBao: Program;

  private constructor(openBao: Program, address: string) {
    super(['--upstream', address]);
    this.#openBao = openBao;
  }

  /** @param bao the path of the program */
  static async start(bao: string): Promise<OpenBaoSite> {
    const listen = `127.0.0.1:${await freePort()}`;
    const dev = ['server', '-dev', `-dev-root-token-id=${UPSTREAM_TOKEN}`];
    const openBao = startProgram(bao, [...dev, `-dev-listen-address=${listen}`], {});
    const address = `http://${listen}`;
    const started = (async () => {
      while (!(await answers(address))) await new Promise((resolve) => setTimeout(resolve, 100));
    })();
    const late = () => new Error(`OpenBao does not start:\n${openBao.output()}`);
    await inTime(started, START_MS, late);
    const site = new OpenBaoSite(openBao, address);
    await site.prepare({ UPSTREAM_COMPATIBILITY: 'vault' });
    await site.ask('sys/auth/approle', { type: 'approle' });
    const policy = 'path "secret/data/app/*" { capabilities = ["read"] }';
    await site.ask('sys/policies/acl/app', { policy });
    return site;
  }

  /** As the administrator of OpenBao, through Carillon. */
  async ask(path: string, body?: object): Promise<Json> {
    const response = await fetch(`${this.address}/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'X-Vault-Token': UPSTREAM_TOKEN },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Json);
  }

  /** Writes the secret. */
  override async write(id: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.untilItAnswers(() => this.ask(`secret/data/app/${id}`, { data }));
  }

  /** @param ttl of the tokens, in seconds */
  async appRole(ttl: number): Promise<AppRole> {
    await this.ask(ROLE, { token_policies: ['app'], token_ttl: ttl, token_max_ttl: ttl });
    const { role_id } = (await this.ask(`${ROLE}/role-id`)).data as Pick<AppRole, 'role_id'>;
    const secretId = (await this.ask(`${ROLE}/secret-id`, {})).data as Pick<AppRole, 'secret_id'>;
    return { role_id, secret_id: secretId.secret_id };
  }

  /** Its clients log in before each attempt: the entity is the same, and the token is not. */
  override async account(): Promise<Account> {
    const credentials = await this.appRole(3600);
    return {
      isValid: async () => false,
      logIn: async () => {
        const { auth } = await this.untilItAnswers(() =>
          this.ask('auth/approle/login', credentials),
        );
        return (auth as { client_token: string }).client_token;
      },
    };
  }

  protected override async stop(): Promise<unknown> {
    await super.stop();
    this.#openBao.process.kill();
    return this.#openBao.exited;
  }
}

function answers(address: string): Promise<boolean> {
  return fetch(`${address}/v1/sys/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
