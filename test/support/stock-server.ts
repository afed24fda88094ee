/**
 * A server with the subscribe endpoint of a stock Vault, for clients that must cope with one: it sends
 * frames that it is given, and refuses, redirects and drops as it is told to.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';

/** What it answers a handshake with; undefined is 101. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Traits {
  /** With `CERTIFICATE_FILE`, which nobody trusts by himself. */
  readonly tls?: boolean;
  /** That it chooses, whatever it speaks; a stock server knows none. */
  readonly subprotocol?: string | false;
  readonly answersPings?: boolean;
}

/** For `NODE_EXTRA_CA_CERTS`. */
export const CERTIFICATE_FILE = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url));
const CERTIFICATE = {
  cert: readFileSync(CERTIFICATE_FILE),
  key: readFileSync(new URL('../fixtures/tls/key.pem', import.meta.url)),
};

export class StockServer implements AsyncDisposable {
  /** The handshakes, as they came. */
  readonly handshakes: IncomingMessage[] = [];
  /** Decides on each handshake. */
  decide: (request: IncomingMessage) => Refusal | undefined = () => undefined;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #open: WebSocket[] = [];
  #wake: () => void = () => undefined;

  private constructor({ tls = false, subprotocol = false, answersPings = true }: Traits) {
    this.#server = tls ? createSecureServer(CERTIFICATE) : createServer();
    this.#sockets = new WebSocketServer({
      noServer: true,
      autoPong: answersPings,
      // Left alone, `ws` would choose any.
      handleProtocols: () => subprotocol,
    });
  }

  static async start(traits: Traits = {}): Promise<StockServer> {
    const server = new StockServer(traits);
    server.#server.on('upgrade', (request, socket: Socket, head) => {
      server.#answer(request, socket, head);
    });
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get address(): string {
    const scheme = this.#server instanceof SecureServer ? 'https' : 'http';
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends a text frame to the subscriber, once there is one. */
  async send(...frames: readonly string[]): Promise<void> {
    const socket = await this.#subscriber();
    for (const frame of frames) socket.send(frame);
  }

  /** Breaks the connection of the subscriber without a word. */
  async drop(): Promise<void> {
    (await this.#subscriber()).terminate();
    this.#open.length = 0;
  }

  /** Closes the subscription as a server does whose token has ended. */
  async close(code: number): Promise<void> {
    (await this.#subscriber()).close(code);
    this.#open.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #subscriber(): Promise<WebSocket> {
    for (;;) {
      const socket = this.#open.at(-1);
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #answer(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.handshakes.push(request);
    const refusal = this.decide(request);
    if (refusal === undefined) {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#open.push(opened);
        this.#wake();
      });
      return;
    }
    const { status, headers = {}, body = '' } = refusal;
    const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
    const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${status} Refused\r\n${fields}\r\n${body}`);
  }
}
