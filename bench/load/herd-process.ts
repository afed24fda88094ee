/** The clients of a herd: subscriptions of `@carillon/client`, in a process apart from what is measured. */
import WebSocket from 'ws';
import { type ConnectionState, subscribe } from '../../src/client/index.ts';
import type { HerdOptions, HerdReport, HerdRequest } from './herd-protocol.ts';

/** Subscriptions that connect at the same time, at the beginning. */
const OPENING_AT_ONCE = 32;

class HerdClient {
  /** Connections that were opened. */
  connections = 0;
  /** Attempts that failed since the cut. */
  readonly failures: string[] = [];
  readonly heard: string[] = [];
  backAfterMs: number | undefined;
  socket: WebSocket | undefined;
  opened: () => void = () => undefined;
  #isCut = false;
  #cutAt = 0;

  cut(at: number): void {
    this.#isCut = true;
    this.#cutAt = at;
    this.backAfterMs = undefined;
    this.failures.length = 0;
  }

  tell(state: ConnectionState): void {
    if (state.type === 'connected') {
      this.connections++;
      this.opened();
      if (this.#isCut) this.backAfterMs ??= performance.now() - this.#cutAt;
    } else if (this.#isCut && this.backAfterMs === undefined) {
      this.failures.push(state.reason);
    }
  }
}

const clients: HerdClient[] = [];

/** Requests at a time: each needs a connection, and the server has so many descriptors. */
const MAX_REQUESTS = 2000;
let requests = 0;
const waiting: (() => void)[] = [];

const limitedFetch: typeof fetch = async (...parameters) => {
  if (requests >= MAX_REQUESTS) await new Promise<void>((resolve) => waiting.push(resolve));
  requests++;
  try {
    return await fetch(...parameters);
  } finally {
    requests--;
    waiting.shift()?.();
  }
};

async function open({ url, tokens, count, pattern, isPage }: HerdOptions): Promise<void> {
  let next = 0;
  const openSome = async () => {
    while (next < count) {
      const client = new HerdClient();
      const token = tokens[next++ % tokens.length] ?? '';
      clients.push(client);
      const opened = new Promise<void>((resolve) => {
        client.opened = resolve;
      });
      class Socket extends WebSocket {
        constructor(address: string, protocols: string[]) {
          super(address, protocols, { perMessageDeflate: false });
          client.socket = this;
          // A page cannot ping, and does not see why a handshake failed.
          if (isPage) Object.defineProperty(this, 'ping', { value: undefined });
        }
      }
      const onState = (state: ConnectionState) => client.tell(state);
      const options = { url, token, WebSocket: Socket, fetch: limitedFetch, onState };
      void listen(client, subscribe(pattern, options));
      await opened;
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome));
}

async function listen(
  client: HerdClient,
  subscription: ReturnType<typeof subscribe>,
): Promise<void> {
  for await (const item of subscription) {
    client.heard.push(item.type === 'gap' ? `gap ${item.reason}` : item.id);
  }
}

/** @param resets whether the connections break here; otherwise the server is about to end */
function cut(resets: boolean): void {
  const now = performance.now();
  for (const client of clients) {
    client.cut(now);
    if (resets) client.socket?.terminate();
  }
}

function report(): HerdReport {
  return {
    backAfterMs: clients.flatMap(({ backAfterMs }) => backAfterMs ?? []).sort((a, b) => a - b),
    // The first is the end of the connection itself.
    failures: clients.map(({ failures }) => failures.slice(1)),
    heard: clients.map(({ heard }) => heard),
    cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  };
}

process.on('message', async (request: HerdRequest) => {
  if (request.type === 'open') await open(request.options);
  if (request.type === 'cut') cut(request.resets);
  process.send?.({ id: request.id, report: report() });
});
process.once('disconnect', () => process.exit());
