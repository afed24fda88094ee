/** Writes secrets, one a second, while the connections of stock clients break, and checks what each client received. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TcpProxy } from '../../faults/proxy.ts';
import { inTime } from '../../support/in-time.ts';
import { RestartedSite, type Site } from './site.ts';
import { type Account, type Manners, OPERATOR, PROXY, type StockClient } from './stock-client.ts';

const WRITES = 30;
/** The break comes after this write: a client that returns may be sent those before it again. */
const WRITES_BEFORE = 8;
const WRITE_EVERY_MS = 1_000;
/** After the last write. A Vault Proxy that has to log in again is back 20 s after the break. */
const RETURN_MS = 40_000;

export interface Member {
  readonly manners: Manners;
  readonly pattern: string;
  /** Two clients with one number are two pods with one token. */
  readonly pod?: number;
}

/** `kv*` and `*` are patterns over many hubs; the others are of one. */
export const POPULATION: readonly Member[] = [
  { manners: OPERATOR, pattern: 'kv*' },
  { manners: OPERATOR, pattern: 'kv-v2/data-*' },
  { manners: OPERATOR, pattern: 'kv-v2/data-write' },
  { manners: OPERATOR, pattern: '*' },
  { manners: PROXY, pattern: 'kv*' },
  { manners: OPERATOR, pattern: 'kv*', pod: 1 },
  { manners: OPERATOR, pattern: 'kv*', pod: 1 },
];

export interface Connected extends Member {
  readonly client: StockClient;
  readonly network: TcpProxy;
}

interface Break {
  readonly open?: () => Promise<RestartedSite>;
  /** Whether a program is missing. */
  readonly skipped?: boolean;
  readonly members?: readonly Member[];
  /** Runs while writes go on. */
  readonly strike: (site: RestartedSite, connected: readonly Connected[]) => Promise<void> | void;
  /** The members whose connections it leaves alone, by their index. */
  readonly spared?: readonly number[];
}

/** Declares the tests of a break. */
export function describeBreak(
  title: string,
  { open = RestartedSite.open, skipped = false, members = POPULATION, strike, spared = [] }: Break,
): void {
  describe.skipIf(skipped)(`${title}, while ${WRITES} secrets are written`, () => {
    const ids = Array.from({ length: WRITES }, (_, index) => `w-${index + 1}`);
    let site: RestartedSite;
    let connected: readonly Connected[];

    beforeAll(async () => {
      site = await open();
      connected = await connectAll(site, members);
      const struck: Promise<void>[] = [];
      for (const [index, id] of ids.entries()) {
        const next = new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
        await site.write(id);
        if (index + 1 === WRITES_BEFORE) struck.push(Promise.resolve(strike(site, connected)));
        await next;
      }
      await Promise.all(struck);
      await Promise.all(connected.map(({ client }) => returned(client, ids)));
    }, 180_000);
    afterAll(() => site[Symbol.asyncDispose]());

    it.for(members.map((member, index) => [nameOf(member), index] as const))(
      '%s receives each of them, and at most once on a connection',
      async ([, index], { annotate }) => {
        const { client } = connected[index] as Connected;
        const { connections } = client;
        await annotate(`${connections.flat().length - ids.length} came again`);
        expect(connections.length > 1).toBe(!spared.includes(index));
        expect(missing(client, ids)).toEqual([]);
        for (const received of connections) {
          expect(received).toHaveLength(new Set(received).size);
        }
      },
    );
  });
}

export async function connectAll(
  site: Site,
  members: readonly Member[],
): Promise<readonly Connected[]> {
  const pods = new Map<number, Account>();
  const connected: Connected[] = [];
  for (const member of members) {
    const { manners, pattern, pod } = member;
    let account = await site.account();
    if (pod !== undefined) {
      account = pods.get(pod) ?? (await withOneToken(account));
      pods.set(pod, account);
    }
    connected.push({ ...member, ...(await site.connect(manners, pattern, account)) });
  }
  return connected;
}

/** What the client did not receive. */
export function missing(client: StockClient, ids: readonly string[]): string[] {
  return ids.filter((id) => client.copiesOf(id) === 0);
}

/** Resolves once the client has everything, or has had the time for it: what is missing then is lost. */
export async function returned(client: StockClient, ids: readonly string[]): Promise<void> {
  const everything = client.until(() => missing(client, ids).length === 0);
  await inTime(everything, RETURN_MS, () => new Error()).catch(() => undefined);
}

export function nameOf({ manners, pattern, pod }: Member): string {
  return `${manners.name} at "${pattern}"${pod === undefined ? '' : ', one of two pods with one token,'}`;
}

async function withOneToken(account: Account): Promise<Account> {
  const token = await account.logIn();
  return { ...account, logIn: async () => token };
}
